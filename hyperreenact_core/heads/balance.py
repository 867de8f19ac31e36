"""Who is drawn how often: counts over sampled people and scenes, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .person import Person
from .picture import Scene

_TONES = ("very light", "light", "medium", "brown", "dark", "very dark")
_AGES = ((0.6, "young (below 0.6)"), (0.8, "middle (0.6 to 0.8)"), (9.0, "old (0.8 and more)"))
_WEIGHTS = ((0.35, "slim"), (0.65, "medium"), (9.0, "heavy"))

Counts = Mapping[str, Counter[str]]
"""Property -> value -> how many."""


def count_people(people: Iterable[Person]) -> Counts:
    """What people are and wear."""
    counts: dict[str, Counter[str]] = {}
    for person in people:
        for name, value in _properties(person).items():
            counts.setdefault(name, Counter())[value] += 1
    return counts


def count_scenes(scenes: Iterable[Scene]) -> Counts:
    """What is behind people and before them."""
    counts: dict[str, Counter[str]] = {}
    for scene in scenes:
        counts.setdefault("background", Counter())[scene.background.kind] += 1
        counts.setdefault("before the face", Counter())[scene.occluder_kind or "nothing"] += 1
    return counts


def markdown_table(counts: Counts) -> list[str]:
    """The lines of a table: each property with its values, the most frequent first, in percent."""
    lines = ["| property | values, percent |", "| --- | --- |"]
    for name, values in counts.items():
        total = sum(values.values())
        ranked = sorted(values.items(), key=lambda item: (-item[1], item[0]))
        shares = ", ".join(f"{value} {100 * count / total:.1f}" for value, count in ranked)
        lines.append(f"| {name} | {shares} |")
    return lines


def _properties(person: Person) -> dict[str, str]:
    traits = person.traits
    descent = {name: traits[name] for name in ("african", "asian", "caucasian")}
    most = max(descent, key=lambda name: descent[name])
    tone = _TONES[min(int(person.skin.tone * len(_TONES)), len(_TONES) - 1)]
    makeup = person.skin.makeup
    painted = max(makeup.lips, makeup.lids, makeup.liner, makeup.blush) > 0
    hidden = person.hat is not None and person.hat.covers_hair
    return {
        "age": _step(traits["age"], _AGES),
        "gender": "female" if traits["gender"] < 0.5 else "male",
        "descent": most if descent[most] > 2 / 3 else "mixed",
        "weight": _step(traits["weight"], _WEIGHTS),
        "skin tone": tone,
        "freckles": "yes" if person.skin.freckles > 0 else "no",
        "make-up": "yes" if painted else "no",
        "hair": "under a hat" if hidden else person.hair.style,
        "hair colour": _hair_colour(person),
        "beard": person.beard.kind,
        "eyes": person.eyes.texture.rpartition("/")[2],
        "glasses": "none" if person.glasses is None else person.glasses.shape,
        "hat": "none" if person.hat is None else person.hat.kind,
        "ear-rings": "none" if person.earrings is None else person.earrings.kind,
        "mask": "none" if person.mask is None else person.mask.kind,
        "clothes": person.clothes.mesh or "shirt",
    }


def _step(value: float, steps: Iterable[tuple[float, str]]) -> str:
    return next(name for limit, name in steps if value < limit)


def _hair_colour(person: Person) -> str:
    if person.hair.style == "bald":
        return "none"
    if person.hair.grey > 0.5:
        return "grey"
    red, green, blue = person.hair.colour
    if max(green, blue) > red * 1.05:
        return "dyed"
    if green < 0.62 * red and red > 0.25:
        return "red"
    steps = ((0.12, "black"), (0.36, "brown"), (0.5, "light brown"), (9.0, "blond"))
    return _step((red + green) / 2 if red > 0.3 else red, steps)
