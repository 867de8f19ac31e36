"""People: in range, balanced, and everything that there is to wear is worn by somebody.

Neither the body model nor the assets are needed: names come from the table of assets.
"""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import pytest

from hyperreenact_core.heads import people
from hyperreenact_core.heads.assets import Assets
from hyperreenact_core.heads.glasses import LENS_SHAPES
from hyperreenact_core.heads.people import HAIR_STYLES, sample_person
from hyperreenact_core.heads.person import Person
from hyperreenact_core.heads.wardrobe import Wardrobe

CHANGES = ("nose-width", "l-eye-scale", "chin-jaw-drop", "head-scale-depth", "l-ear-trans-up")
DESCENT = ("african", "asian", "caucasian")
COUNT = 500


@lru_cache
def wardrobe() -> Wardrobe:
    with TemporaryDirectory() as folder:
        return Wardrobe(Assets(Path(folder)))


def draw(seed: int) -> Person:
    with patch.object(people, "face_changes", lambda: CHANGES):
        return sample_person(seed, wardrobe())


@lru_cache
def crowd() -> tuple[Person, ...]:
    return tuple(draw(seed) for seed in range(COUNT))


def meshes(folder: str) -> set[str]:
    names = wardrobe().assets.names(folder, ".mhclo")
    return {name.split("/")[1] for name in names}


def test_the_same_seed_gives_the_same_person() -> None:
    assert draw(5) == draw(5)
    assert len({str(person) for person in crowd()}) == COUNT


def test_traits_are_in_the_range_of_the_body_model() -> None:
    for person in crowd():
        assert all(0 <= value <= 1 for value in person.traits.values())
        assert sum(person.traits[name] for name in DESCENT) == pytest.approx(1)
        assert person.traits["age"] > 0.4  # no children


def test_ages_genders_and_descents_are_balanced() -> None:
    traits = [person.traits for person in crowd()]
    ages = np.array([trait["age"] for trait in traits])
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        assert 0.2 < ((low <= ages) & (ages < high)).mean() < 0.5
    assert 0.4 < np.mean([trait["gender"] > 0.5 for trait in traits]) < 0.6
    for name in DESCENT:
        assert 0.2 < np.mean([trait[name] > 0.5 for trait in traits]) < 0.42
    weights = np.array([trait["weight"] for trait in traits])
    assert np.quantile(weights, 0.05) < 0.3
    assert np.quantile(weights, 0.95) > 0.7


def test_changes_of_both_sides_go_together_and_differ_a_little() -> None:
    apart: list[float] = []
    for person in crowd():
        assert all(-1 <= value <= 1 for value in person.changes.values())
        for name in CHANGES:
            if name.startswith("l-"):
                apart.append(person.changes[name] - person.changes[f"r-{name[2:]}"])
    assert 0.03 < np.std(apart) < 0.1
    eyes = np.array([person.changes["l-eye-scale"] for person in crowd()])
    assert eyes.std() > 0.15


def test_what_soon_looks_like_an_accident_changes_less() -> None:
    plain, careful = (
        np.std([person.changes[name] for person in crowd()])
        for name in ("nose-width", "head-scale-depth")
    )
    assert careful < 0.5 * plain


def test_a_face_at_rest_rests() -> None:
    for person in crowd():
        assert all(0 <= value <= 0.5 for value in person.resting.values())
        for side in ("Left", "Right"):
            assert person.resting[f"mouthSmile{side}"] * person.resting[f"mouthFrown{side}"] == 0


def test_skins_span_all_tones_and_follow_the_descent() -> None:
    tones = np.array([person.skin.tone for person in crowd()])
    assert set(np.minimum(tones * 6, 5).astype(int)) == set(range(6))
    african = np.array([person.traits["african"] for person in crowd()])
    assert tones[african > 0.6].mean() > tones[african < 0.2].mean() + 0.25
    for person in crowd():
        assert (person.skin.tone > 0.62) == ("dark" in person.skin.textures[0])


def test_amounts_and_colours_are_in_range() -> None:
    for person in crowd():
        skin, eyes = person.skin, person.eyes
        makeup = skin.makeup
        amounts = [skin.mix, skin.tone, skin.gloss, skin.freckles, skin.redness, skin.wrinkles]
        amounts += [makeup.lips, makeup.lids, makeup.liner, makeup.blush, person.hair.grey]
        amounts += [person.beard.density, eyes.brow_density, eyes.lash_density, *person.teeth]
        assert all(0 <= amount <= 1 for amount in amounts)
        colours = [person.hair.colour, eyes.white, makeup.lip_colour, *person.clothes.colours]
        assert all(0 < value <= 1 for colour in colours for value in colour)


def test_wrinkles_and_grey_hair_come_with_age() -> None:
    young = [person for person in crowd() if person.traits["age"] < 0.6]
    old = [person for person in crowd() if person.traits["age"] > 0.85]
    assert np.mean([person.skin.wrinkles for person in young]) < 0.15
    assert np.mean([person.skin.wrinkles for person in old]) > 0.4
    assert max(person.hair.grey for person in young) == 0
    assert np.mean([person.hair.grey for person in old]) > 0.3


@pytest.mark.parametrize(
    ("wanted", "worn"),
    [
        (lambda: set(HAIR_STYLES), lambda person: person.hair.style),
        (
            lambda: {"none", "stubble", "full", "goatee", "moustache", "chin"},
            lambda person: person.beard.kind,
        ),
        (lambda: set(wardrobe().names("eyes/materials")), lambda person: person.eyes.texture),
        (lambda: meshes("eyebrows"), lambda person: person.eyes.brows),
        (lambda: meshes("eyelashes"), lambda person: person.eyes.lashes),
        (lambda: {"", *wardrobe().clothes()}, lambda person: person.clothes.mesh),
        (lambda: set(LENS_SHAPES), lambda person: person.glasses and person.glasses.shape),
    ],
    ids=["hair", "beards", "eyes", "brows", "lashes", "clothes", "glasses"],
)
def test_everything_there_is_occurs_and_nothing_else(
    wanted: Callable[[], set[str]], worn: Callable[[Person], str | None]
) -> None:
    counts = Counter(worn(person) for person in crowd())
    assert set(counts) - {None} == wanted()


def test_every_photographed_skin_is_used() -> None:
    used = {name for person in crowd() for name in person.skin.textures}
    assert used == set(wardrobe().names("skins/textures"))


def test_only_grown_men_have_beards_and_suits_fit() -> None:
    for person in crowd():
        male = person.clothes.mesh.startswith("male")
        if person.clothes.mesh:
            assert (person.traits["gender"] > 0.5) == male
        if person.beard.kind != "none":
            assert person.traits["gender"] > 0.5
            assert person.traits["age"] >= 0.5
        assert (person.beard.length == 0) == (person.beard.kind == "stubble")


def test_most_heads_are_bare() -> None:
    shares = [
        np.mean([getattr(person, name) is not None for person in crowd()])
        for name in ("hat", "glasses", "earrings", "mask")
    ]
    np.testing.assert_allclose(shares, [0.08, 0.2, 0.17, 0.02], atol=0.06)
    assert min(shares) > 0
