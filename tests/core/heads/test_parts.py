"""The parts of a person, one by one: hair, beards, clothes, and the colour of the skin."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hyperreenact_core.heads.clothing import clothes_part
from hyperreenact_core.heads.face import skin_part
from hyperreenact_core.heads.fitting import Fitting, measure
from hyperreenact_core.heads.hair import beard_parts, hair_parts
from hyperreenact_core.heads.hats import hair_line, sample_hat
from hyperreenact_core.heads.parts import Label, Part
from hyperreenact_core.heads.people import HAIR_STYLES, sample_person
from hyperreenact_core.heads.person import Makeup, Person
from hyperreenact_core.heads.pieces import head_frame
from hyperreenact_core.heads.skin import bake_skin, skin_colour
from hyperreenact_core.heads.skin_areas import OVAL, polygon
from hyperreenact_core.heads.wardrobe import Wardrobe
from hyperreenact_core.heads.worn import hair_below_hat

BEARDS = ("stubble", "full", "goatee", "moustache", "chin")
BARE = Makeup(0.0, (0.5, 0.2, 0.2), 0.0, (0.3, 0.3, 0.3), 0.0, 0.0)


@pytest.fixture(scope="module")
def fit(wardrobe: Wardrobe) -> Fitting:
    person = sample_person(1, wardrobe)
    return measure(replace(person, hat=None, clothes=replace(person.clothes, mesh="")), wardrobe)


@pytest.fixture(scope="module")
def skin(fit: Fitting) -> Part:
    return skin_part(fit)


def dressed(fit: Fitting, **changes: Any) -> Fitting:
    """The same body with something else about the person; hair=, beard= and clothes= in part."""
    whole = {
        name: replace(getattr(fit.person, name), **value) if isinstance(value, dict) else value
        for name, value in changes.items()
    }
    return replace(fit, person=replace(fit.person, **whole))


def check(part: Part) -> None:
    count, topology = len(part.rest), part.topology
    assert np.isfinite(part.rest).all()
    assert 0 <= topology.faces.min() <= topology.faces.max() < count
    assert topology.uv_faces.max() < len(topology.uv)
    assert part.grip.shape == (count,)
    assert part.grip.min() >= 0
    assert part.grip.max() <= 1
    for values in (part.shade, part.cover):
        assert values is None or values.shape == (count,)
    if part.moves is not None:
        assert part.moves.vertices.max() < count
        assert part.moves.actions.shape == (52, len(part.moves.vertices), 3)


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_style_of_hair_sits_on_the_head(fit: Fitting, skin: Part, style: str) -> None:
    parts = hair_parts(dressed(fit, hair={"style": style, "mirrored": False}), skin)
    assert (parts == []) == (style in ("bald", "thin"))
    for part in parts:
        check(part)
        assert part.label == Label.HAIR
        top, chin = fit.points[10], fit.points[152]
        assert top[1] < part.rest[:, 1].max() < top[1] + 1.2
        on_head = part.rest[part.rest[:, 1] > chin[1] + 0.2]
        assert on_head[:, 0].min() < -0.5
        assert on_head[:, 0].max() > 0.5
        assert np.linalg.norm(on_head - (top + chin) / 2, axis=1).max() < 3.2


def test_hair_is_parted_on_either_side(fit: Fitting, skin: Part) -> None:
    plain, other = (
        hair_parts(dressed(fit, hair={"style": "short04", "mirrored": mirrored}), skin)[0]
        for mirrored in (False, True)
    )
    np.testing.assert_allclose(other.rest, plain.rest * [-1, 1, 1])
    outwards = plain.topology.normals(plain.rest)
    np.testing.assert_allclose(other.topology.normals(other.rest), outwards * [-1, 1, 1], atol=1e-5)


def test_curls_stand_out_from_their_mesh(fit: Fitting, skin: Part) -> None:
    mesh, *fuzz = hair_parts(dressed(fit, hair={"style": "afro01"}), skin)
    away = [np.linalg.norm(part.rest - mesh.rest, axis=1).mean() for part in fuzz]
    assert len(fuzz) == 3
    assert (np.diff([0, *away]) > 0.02).all()
    outwards = mesh.topology.normals(mesh.rest)
    assert (((fuzz[-1].rest - mesh.rest) * outwards).sum(1) >= 0).all()


@pytest.mark.parametrize("kind", BEARDS)
def test_every_beard_grows_out_of_the_skin_below_the_nose(
    fit: Fitting, skin: Part, kind: str
) -> None:
    parts = beard_parts(dressed(fit, beard={"kind": kind, "length": 0.1}), skin)
    layers = np.stack([part.rest for part in parts])
    assert layers[:, :, 1].max() < fit.points[4, 1] + (0.5 if kind == "full" else 0.2)
    # From layer to layer further from the first, where anything grows.
    away = np.linalg.norm(layers - layers[0], axis=2).max(1)
    assert (np.diff(away) > 0.005).all()
    for part in parts:
        check(part)
        assert part.moves is not None  # a beard goes with the jaw


def test_there_is_no_beard_where_none_stands_out(fit: Fitting, skin: Part) -> None:
    assert beard_parts(dressed(fit, beard={"kind": "none"}), skin) == []
    assert beard_parts(dressed(fit, beard={"kind": "stubble", "length": 0.0}), skin) == []


@pytest.mark.parametrize("kind", ["cap", "beanie", "fedora"])
def test_hair_shows_below_a_hat_only(fit: Fitting, skin: Part, kind: str) -> None:
    hat = sample_hat(np.random.default_rng(0), kind)
    under = dressed(fit, hat=hat, hair={"style": "bob01"})
    (hair,) = hair_below_hat(under, hair_parts(under, skin))
    line = hair_line(hat, head_frame(fit.points, fit.vertices))
    assert line is not None
    assert hair.cover is not None
    above = (hair.rest - line.point) @ line.normal
    assert (hair.cover[above > 0.12] == 0).all()
    assert (hair.cover[above < -0.12] == 1).all()
    assert 0.1 < hair.cover.mean() < 0.9


def test_a_scarf_hides_all_hair_and_a_headband_none(fit: Fitting, skin: Part) -> None:
    rng = np.random.default_rng(0)
    hair = hair_parts(dressed(fit, hair={"style": "bob01"}), skin)
    assert hair_below_hat(fit, hair) == hair
    assert hair_below_hat(dressed(fit, hat=sample_hat(rng, "headband")), hair) == hair
    assert hair_below_hat(dressed(fit, hat=sample_hat(rng, "hijab")), hair) == []


def test_clothes_hide_the_skin_below_them(fit: Fitting, skin: Part) -> None:
    suit = dressed(fit, clothes={"mesh": "male_casualsuit04", "pattern": "plain"})
    clothes, seen = clothes_part(suit, skin), skin_part(suit)
    check(clothes)
    check(seen)
    assert clothes.label == Label.CLOTHES
    assert len(seen.topology.faces) < 0.9 * len(skin.topology.faces)
    # All of the head is still there.
    assert (seen.grip == 1).sum() == (skin.grip == 1).sum()


def test_a_shirt_follows_the_skin_and_ends_below_the_face(fit: Fitting, skin: Part) -> None:
    shirt = clothes_part(fit, skin)
    check(shirt)
    assert shirt.cover is not None
    away = np.linalg.norm(shirt.rest - skin.rest, axis=1)
    assert 0.03 < away.min() < away.max() < 0.12
    assert shirt.cover[skin.grip == 1].max() == 0
    assert (shirt.cover == 1).mean() > 0.1


def plain(person: Person, *, tone: float) -> Person:
    """With nothing painted on the skin."""
    skin = replace(person.skin, tone=tone, freckles=0.0, redness=0.0, wrinkles=0.0, moles=())
    return replace(
        person, skin=replace(skin, makeup=BARE), beard=replace(person.beard, kind="none")
    )


def face_colour(person: Person, wardrobe: Wardrobe) -> np.ndarray:
    """[3] the mean of the face in the baked texture, 0 to 1."""
    first, second = (wardrobe.assets.path(f"{name}.png") for name in person.skin.textures)
    face = polygon(OVAL, blur=0) > 0.5
    return bake_skin(person, (first, second))[:, : face.shape[1], :3][face].mean(0) / 255


@pytest.mark.parametrize("tone", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_face_has_the_colour_that_the_tone_says(fit: Fitting, tone: float) -> None:
    person = plain(fit.person, tone=tone)
    np.testing.assert_allclose(
        face_colour(person, fit.wardrobe), skin_colour(person.skin), atol=0.04
    )


def test_tones_darken_from_the_first_to_the_last(fit: Fitting) -> None:
    colours = [
        skin_colour(replace(fit.person.skin, tone=tone, tint=(1.0, 1.0, 1.0)))
        for tone in np.linspace(0, 1, 21)
    ]
    assert (np.diff(colours, axis=0) < 0).all()
    # Human skin: red before green before blue.
    assert (np.diff(colours, axis=1) < 0).all()


def test_the_same_seed_paints_the_same_skin(fit: Fitting) -> None:
    first, second = (fit.wardrobe.assets.path(f"{n}.png") for n in fit.person.skin.textures)
    other = replace(fit.person, skin=replace(fit.person.skin, freckles=1.0, seed=7))
    textures = [bake_skin(person, (first, second)) for person in (fit.person, fit.person, other)]
    np.testing.assert_array_equal(textures[0], textures[1])
    assert (textures[0] != textures[2]).any(-1).mean() > 1e-3
