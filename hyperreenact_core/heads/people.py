"""Random people: bodies, skins, hair and what they wear, balanced over the whole range of faces."""

from __future__ import annotations

from functools import cache

import numpy as np

from .body import load_body
from .earrings import sample_earrings
from .glasses import sample_glasses
from .hats import sample_hat
from .masks import sample_mask
from .person import Beard, Clothes, Colour, Eyes, Hair, Makeup, Person, Skin
from .wardrobe import HAIR_MESHES, Wardrobe

_STREAM = 0x9E
"""Keeps the random numbers of people apart from those of other uses of the same seed."""

_FACE_CHANGES = (
    *("head", "eye", "nose", "mouth", "chin", "cheek", "ear", "forehead", "eyebrows", "neck"),
)
_CAREFUL = (
    *("trans", "age", "angle", "push", "neck", "head-scale", "epicanthus", "scale-depth"),
    *("volume", "lip-ext"),
)
"""Changes that soon look like an accident."""
_HAIR_COLOURS: dict[str, Colour] = {
    "black": (0.075, 0.065, 0.06),
    "dark brown": (0.16, 0.11, 0.085),
    "brown": (0.29, 0.19, 0.13),
    "light brown": (0.43, 0.31, 0.21),
    "dark blond": (0.55, 0.43, 0.29),
    "blond": (0.72, 0.58, 0.39),
    "red": (0.45, 0.21, 0.11),
    "dyed": (0.5, 0.15, 0.3),
}
_GREY: Colour = (0.72, 0.71, 0.70)
_MEN_HAIR = {
    **{"short01": 5, "short02": 5, "short03": 5, "short04": 5, "buzz": 4, "bald": 2.5, "thin": 2},
    **{"afro01": 1.0, "ponytail01": 0.6, "long01": 0.6, "bob01": 0.3},
}
_WOMEN_HAIR = {
    **{"bob01": 1.2, "bob02": 3.5, "long01": 5, "ponytail01": 5, "braid01": 4, "afro01": 1.2},
    **{"short02": 2, "short04": 1.5, "short03": 1, "short01": 0.6, "buzz": 0.5, "bald": 0.2},
}
_BEARDS = {"none": 9, "stubble": 5, "full": 3, "goatee": 1.5, "moustache": 1.5, "chin": 0.8}
_PATTERNS = ("plain", "plain", "stripes", "checks", "speckled", "weave")


def sample_person(seed: int, wardrobe: Wardrobe) -> Person:
    """One person; the same seed always gives the same person."""
    rng = np.random.default_rng([_STREAM, seed])
    male = bool(rng.random() < 0.5)
    descent = rng.dirichlet([0.35] * 3)  # african, asian, caucasian
    age = float(rng.choice([rng.uniform(0.42, 0.6), rng.uniform(0.6, 0.8), rng.uniform(0.8, 1)]))
    traits = _traits(rng, male=male, age=age, descent=descent)
    tone = _tone(rng, descent)
    hair = _hair(rng, male=male, age=age, tone=tone, african=float(descent[0]))
    hat = sample_hat(rng) if rng.random() < 0.08 else None
    return Person(
        traits=traits,
        changes=_changes(rng, age),
        resting=_resting(rng),
        skin=_skin(rng, wardrobe, male=male, age=age, tone=tone),
        beard=_beard(rng, male=male, age=age),
        hair=hair,
        eyes=_eyes(rng, wardrobe, male=male, tone=tone),
        teeth=(float(rng.uniform(0.75, 1.0)), float(rng.beta(2, 4))),
        clothes=_clothes(rng, wardrobe, male=male),
        glasses=sample_glasses(rng) if rng.random() < 0.16 + 0.12 * (age > 0.8) else None,
        hat=hat,
        earrings=sample_earrings(rng) if rng.random() < (0.04 if male else 0.3) else None,
        mask=sample_mask(rng) if rng.random() < 0.02 else None,
    )


def _traits(
    rng: np.random.Generator, *, male: bool, age: float, descent: np.ndarray
) -> dict[str, float]:
    weight = float(np.clip(rng.normal(0.5, 0.17), 0.1, 1))
    return {
        "gender": float(np.clip((0.88 if male else 0.08) + rng.normal(0, 0.09), 0, 1)),
        "age": age,
        "muscle": float(rng.uniform(0.3, 0.75)),
        "weight": weight,
        "height": 0.5,
        "proportions": float(rng.uniform(0.4, 0.95)),
        "african": float(descent[0]),
        "asian": float(descent[1]),
        "caucasian": float(descent[2]),
    }


def _changes(rng: np.random.Generator, age: float) -> dict[str, float]:
    """Every local change of the face, left and right together with a spread."""
    changes: dict[str, float] = {}
    for label in face_changes():
        careful = any(word in label for word in _CAREFUL)
        value = float(np.clip(rng.normal(0, 0.26), -0.75, 0.75)) * (0.35 if careful else 1.0)
        changes[label] = value
        if label.startswith("l-"):
            changes[f"r-{label[2:]}"] = value + float(rng.normal(0, 0.05))
    changes["head-age-incr"] = float(np.clip((age - 0.72) * 1.6 + rng.normal(0, 0.1), -0.3, 0.6))
    return changes


def _resting(rng: np.random.Generator) -> dict[str, float]:
    """Lids half down or wide, lips pressed or full: what makes a neutral face one's own."""
    lids, squint = float(rng.beta(2, 3)) * 0.14, float(rng.beta(1.2, 3)) * 0.25
    mouth = {name: float(rng.beta(1, 5)) * 0.35 for name in ("mouthRollUpper", "mouthShrugLower")}
    corners = float(rng.normal(0, 0.07))
    smile = {f"mouthSmile{side}": max(corners, 0.0) for side in ("Left", "Right")}
    frown = {f"mouthFrown{side}": max(-corners, 0.0) for side in ("Left", "Right")}
    eyes = {
        f"{name}{side}": max(value + float(rng.normal(0, 0.015)), 0.0)
        for name, value in (("eyeBlink", lids), ("eyeSquint", squint))
        for side in ("Left", "Right")
    }
    return {**eyes, **mouth, **smile, **frown}


@cache
def face_changes() -> tuple[str, ...]:
    """The body model's local changes of head and neck; those of a side by their left one."""
    labels: list[str] = list(load_body().model.local_change_labels)
    plain = [(label, label.removeprefix("l-")) for label in labels if not label.startswith("r-")]
    return tuple(label for label, name in plain if name.split("-")[0] in _FACE_CHANGES)


def _tone(rng: np.random.Generator, descent: np.ndarray) -> float:
    middle = float(descent @ np.array([0.74, 0.33, 0.2]))
    return float(np.clip(middle + rng.normal(0, 0.13), 0, 1))


def _skin(
    rng: np.random.Generator, wardrobe: Wardrobe, *, male: bool, age: float, tone: float
) -> Skin:
    names = wardrobe.names("skins/textures")
    dark = [name for name in names if "dark" in name]
    light = [name for name in names if "light" in name and (("_female" in name) != male)]
    if age > 0.8:
        light = [name for name in light if "middleage" in name] or light
    pool = dark if tone > 0.62 else light
    first, second = rng.choice(len(pool), 2)
    moles = tuple(
        (float(rng.uniform(-1, 1)), float(rng.uniform(-1, 1)), float(rng.uniform(1.2, 3.2)))
        for _ in range(int(rng.poisson(1.6)))
    )
    freckled = rng.random() < 0.22 and tone < 0.45
    return Skin(
        textures=(pool[first], pool[second]),
        mix=float(rng.uniform(0, 0.5)),
        tone=tone,
        tint=(1.0, float(rng.normal(1, 0.015)), float(rng.normal(1, 0.04))),
        contrast=float(rng.uniform(0.85, 1.35)),
        gloss=float(rng.uniform(0.25, 1.0)),
        freckles=float(rng.uniform(0.2, 1)) if freckled else 0.0,
        wrinkles=float(np.clip((age - 0.62) * 2.4 + rng.normal(0, 0.15), 0, 1)),
        redness=float(rng.beta(2, 3)) * (1 - 0.7 * tone),
        moles=moles,
        makeup=_makeup(rng, worn=bool(rng.random() < (0.02 if male else 0.5))),
        seed=int(rng.integers(2**31)),
    )


def _makeup(rng: np.random.Generator, *, worn: bool) -> Makeup:
    amount = rng.uniform(0.15, 0.85, 4) * worn
    reds = ((0.62, 0.16, 0.17), (0.7, 0.33, 0.33), (0.55, 0.22, 0.24), (0.45, 0.1, 0.16))
    lids = ((0.32, 0.24, 0.22), (0.4, 0.33, 0.36), (0.25, 0.28, 0.36), (0.5, 0.36, 0.3))
    return Makeup(
        lips=float(amount[0]),
        lip_colour=reds[rng.integers(len(reds))],
        lids=float(amount[1]) * bool(rng.random() < 0.6),
        lid_colour=lids[rng.integers(len(lids))],
        liner=float(amount[2]) * bool(rng.random() < 0.6),
        blush=float(amount[3]) * 0.8,
    )


def _beard(rng: np.random.Generator, *, male: bool, age: float) -> Beard:
    kinds, weights = list(_BEARDS), np.array(list(_BEARDS.values()))
    kind = str(rng.choice(kinds, p=weights / weights.sum()))
    if not male or age < 0.5:
        kind = "none"
    long = kind == "full" and rng.random() < 0.5
    length = float(rng.uniform(0.05, 0.13)) if long else float(rng.uniform(0.015, 0.05))
    return Beard(kind, float(rng.uniform(0.45, 1.0)), 0.0 if kind == "stubble" else length)


def _hair(rng: np.random.Generator, *, male: bool, age: float, tone: float, african: float) -> Hair:
    table = dict(_MEN_HAIR if male else _WOMEN_HAIR)
    if african > 0.5:
        table |= {"afro01": 4.0, "buzz": 6.0 if male else 2.0}
    if age < 0.7:
        table |= {"bald": 0.4, "thin": 0.2}
    weights = np.array(list(table.values()))
    style = str(rng.choice(list(table), p=weights / weights.sum()))
    dark = np.array([0.42, 0.22, 0.14, 0.08, 0.05, 0.04, 0.03, 0.02])
    fair = np.array([0.08, 0.15, 0.2, 0.17, 0.14, 0.13, 0.09, 0.04])
    share = np.clip((0.5 - tone) * 2.4, 0, 1)
    name = str(rng.choice(list(_HAIR_COLOURS), p=fair * share + dark * (1 - share)))
    colour = np.array(_HAIR_COLOURS[name]) * rng.uniform(0.8, 1.25)
    if name == "dyed":
        colour = rng.uniform(0.08, 0.7, 3)
    grey = float(np.clip((age - 0.78) * 4 + rng.normal(0, 0.3), 0, 1)) if age > 0.7 else 0.0
    mixed = colour * (1 - grey) + np.array(_GREY) * grey
    red, green, blue = (float(value) for value in mixed.clip(0.02, 1))
    return Hair(
        style=style,
        colour=(red, green, blue),
        grey=grey,
        gloss=float(rng.uniform(0.2, 1.0)) * (0.5 if style == "afro01" else 1.0),
        length=float(rng.uniform(0.02, 0.13)),
        mirrored=bool(rng.random() < 0.5),
    )


def _eyes(rng: np.random.Generator, wardrobe: Wardrobe, *, male: bool, tone: float) -> Eyes:
    irises = wardrobe.names("eyes/materials")
    brown = [name for name in irises if "brown" in name]
    texture = str(rng.choice(brown if rng.random() < 0.25 + 1.6 * tone else irises))
    lashes = "eyelashes01" if male and rng.random() < 0.7 else f"eyelashes{rng.integers(1, 5):02d}"
    white = 1 - rng.beta(1.5, 5) * np.array([0.05, 0.16, 0.3])
    return Eyes(
        texture=texture,
        hue=float(rng.normal(0, 7)),
        light=float(rng.uniform(0.7, 1.25)),
        white=(float(white[0]), float(white[1]), float(white[2])),
        lashes=lashes,
        brows=f"eyebrow{rng.integers(1, 13):03d}",
        brow_density=float(rng.uniform(0.55, 1.0)),
        lash_density=float(rng.uniform(0.35, 0.7) if male else rng.uniform(0.55, 1.0)),
    )


def _clothes(rng: np.random.Generator, wardrobe: Wardrobe, *, male: bool) -> Clothes:
    fitting = [n for n in wardrobe.clothes() if n.startswith("male" if male else "female")]
    mesh = str(rng.choice(fitting)) if rng.random() < 0.55 else ""
    first, second = rng.uniform(0.03, 0.9, 3), rng.uniform(0.03, 0.9, 3)
    if rng.random() < 0.6:  # muted, as most clothes are
        first = first.mean() + (first - first.mean()) * 0.4
        second = second.mean() + (second - second.mean()) * 0.4
    return Clothes(
        mesh=mesh,
        colours=(_colour(first), _colour(second)),
        pattern=str(rng.choice(_PATTERNS)),
        scale=float(rng.uniform(3, 14)),
        seed=int(rng.integers(2**31)),
    )


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0.02, 0.98))
    return red, green, blue


HAIR_STYLES = (*HAIR_MESHES, "buzz", "thin", "bald")
