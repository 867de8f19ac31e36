"""Follows everybody in a clip by who they are, through crossings and cuts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..face.detect import FaceDetector
from ..face.follow import Thumbnail, is_other_scene, thumbnail
from ..face.found import FaceLandmarks
from ..imaging import ImageU8
from .detail.head_model import Doubles
from .looks import SAME, Look, apart

LookAt = Callable[[ImageU8, FaceLandmarks], Look]

_SEARCH_EVERY = 12
"""Frames between searches of the whole picture, for those who come in."""
_MISSED_EVERY, _MISSED_LONG = 3, 48
"""The same while somebody has gone out of sight, and for how many frames."""
_LOOK_EVERY = 6
"""Frames between two looks at somebody who stands alone."""
_LOOKS = 20
"""Looks that count alike; from then on later ones count more, so that light may change."""
_CLOSE = 1.3
"""Faces whose centres are nearer than this share of their mean size are in each other's way."""
_PLACE, _PLACE_GROWS = 0.35, 0.06
"""How far from where it is expected a face may be, over its size, and more with every frame out of
sight."""
_SIZE, _SIZE_GROWS = 0.25, 0.02
"""The same of the logarithm of its size."""
_MOST_OFF = 4.0
"""Places this unlikely and less are all alike."""
_CHANGED = 10.0
"""Mean difference, of 255, of two pictures of a face from which it may be another one's: from frame
to frame one's own differ by six at most, those of different people by twenty and more."""
_EXPECTED = 2.0
"""Places less unlikely than this need no look to tell whose face it is."""
_STRANGER = 1.6
"""Faces farther apart than this are not one person's wherever they are, see `looks.apart`: in
profile one may look unlike oneself, but not so much."""
_COASTING = 12
"""Frames for which somebody out of sight is thought to go on moving."""
_AGILE = 0.5
"""How fast the estimate of a speed follows what is seen."""
_MOST_PEOPLE = 12
"""Those who come later are not followed."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A frame [H, W, 3] and the face of everybody seen so far; None who is out of sight."""

    picture: ImageU8
    faces: tuple[FaceLandmarks | None, ...]


@dataclass(eq=False)
class _Person:
    """What is known of somebody. velocity: pixels a frame. away: frames out of sight."""

    look: Look
    last: FaceLandmarks
    patch: Thumbnail
    velocity: Doubles
    looks: int = 1
    away: int = 0
    lost_place: bool = False
    since_look: int = 0

    @property
    def expected(self) -> Doubles:
        """xy of where the face should be in the frame that comes."""
        return np.array(self.last.centre) + self.velocity * min(self.away + 1, _COASTING)


def follow_people(
    frames: Iterable[ImageU8], detector: FaceDetector, look_at: LookAt
) -> Iterator[Scene]:
    """Say for every frame who is where; a person keeps the number, also behind others and cuts.

    detector: its faces come with readings. Somebody who is seen for the first time gets the next
    number, from the left in one frame. Where two faces are near each other, or a scene is cut, the
    looks tell whose is whose; else where they are expected to be.
    """
    people: list[_Person] = []
    since_search, last_seen = 0, None
    for picture in frames:
        seen: Thumbnail = thumbnail(picture)
        if last_seen is not None and is_other_scene(last_seen, seen):
            for person in people:
                person.lost_place = True
        last_seen, since_search = seen, since_search + 1
        found = None if _must_search(people, since_search) else _followed(picture, detector, people)
        if found is None:
            found, since_search = _searched(picture, detector, people, look_at), 0
        _note(picture, people, found, look_at)
        yield Scene(picture, tuple(found))


def _must_search(people: Sequence[_Person], since_search: int) -> bool:
    visible = [person for person in people if person.away == 0]
    missed = any(0 < person.away <= _MISSED_LONG for person in people)
    return (
        not visible
        or since_search >= (_MISSED_EVERY if missed else _SEARCH_EVERY)
        or any(person.lost_place for person in visible)
        or any(_near(a.last, b.last) for a, b in combinations(visible, 2))
    )


def _followed(
    picture: ImageU8, detector: FaceDetector, people: Sequence[_Person]
) -> list[FaceLandmarks | None] | None:
    """Everybody where they were; None where that is not sure."""
    found = [detector.track(picture, p.last) if p.away == 0 else None for p in people]
    for person, face in zip(people, found, strict=True):
        if person.away > 0:
            continue
        if face is None or _off(person, face) > _EXPECTED or _changed(picture, person, face):
            return None
    faces = [face for face in found if face is not None]
    return None if any(_near(a, b) for a, b in combinations(faces, 2)) else found


def _searched(
    picture: ImageU8, detector: FaceDetector, people: list[_Person], look_at: LookAt
) -> list[FaceLandmarks | None]:
    """Everybody in the whole picture; those who are new are added to `people`."""
    faces = sorted(detector.detect(picture), key=lambda face: face.centre[0])
    looks = [look_at(picture, face) for face in faces]
    owners = _assigned(_costs(people, faces, looks))
    found: list[FaceLandmarks | None] = [None] * len(people)
    for face, look, owner in zip(faces, looks, owners, strict=True):
        if owner is not None:
            found[owner] = face
        elif len(people) < _MOST_PEOPLE:
            people.append(_Person(look, face, _patch(picture, face), np.zeros(2)))
            found.append(face)
    return found


def _costs(
    people: Sequence[_Person], faces: Sequence[FaceLandmarks], looks: Sequence[Look]
) -> Doubles:
    """[faces, people] how unlikely it is that a face is somebody's; infinite where it is not."""
    costs = np.full((len(faces), len(people)), np.inf)
    for row, (face, look) in enumerate(zip(faces, looks, strict=True)):
        # Half behind another one, nobody looks like oneself.
        crowded = any(_near(face, other) for other in faces if other is not face)
        for column, person in enumerate(people):
            off, unlike = _off(person, face), apart(person.look, look)
            if unlike < SAME or (off < _EXPECTED and (crowded or unlike < _STRANGER)):
                costs[row, column] = off + 2 * min(unlike, 2.0) ** 2
    return costs


def _off(person: _Person, face: FaceLandmarks) -> float:
    """How unlikely a place and a size are for somebody, 0 to _MOST_OFF."""
    if person.lost_place:
        return _MOST_OFF
    away = np.array(face.centre) - person.expected
    step = float(np.hypot(*away)) / person.last.extent
    growth = abs(float(np.log(face.extent / person.last.extent)))
    place, size = _PLACE + _PLACE_GROWS * person.away, _SIZE + _SIZE_GROWS * person.away
    return min((step / place) ** 2 + (growth / size) ** 2, _MOST_OFF)


def _assigned(costs: Doubles) -> list[int | None]:
    """[faces, people] -> whose each face is, so that most are somebody's, at the least cost."""
    states: dict[int, tuple[float, tuple[int | None, ...]]] = {0: (0.0, ())}
    nobody = 1e3
    for row in costs:
        after: dict[int, tuple[float, tuple[int | None, ...]]] = {}
        for taken, (cost, owners) in states.items():
            options = [(cost + nobody, taken, None)] + [
                (cost + float(own), taken | 1 << column, column)
                for column, own in enumerate(row)
                if np.isfinite(own) and not taken >> column & 1
            ]
            for total, mask, owner in options:
                if mask not in after or total < after[mask][0]:
                    after[mask] = total, (*owners, owner)
        states = after
    return list(min(states.values(), key=lambda state: state[0])[1])


def _note(
    picture: ImageU8,
    people: Sequence[_Person],
    found: Sequence[FaceLandmarks | None],
    look_at: LookAt,
) -> None:
    """Remember what was seen of everybody."""
    for person, face in zip(people, found, strict=True):
        if face is None:
            person.away += 1
            continue
        step = (np.array(face.centre) - person.last.centre) / (person.away + 1)
        steady = not person.lost_place and person.away <= _COASTING
        person.velocity = (
            person.velocity + _AGILE * (step - person.velocity) if steady else step * 0
        )
        person.last, person.away, person.lost_place = face, 0, False
        person.patch = _patch(picture, face)
        person.since_look += 1
        alone = not any(_near(face, other) for other in found if other is not face)
        if alone and person.since_look >= _LOOK_EVERY:
            look = look_at(picture, face)
            if apart(person.look, look) < SAME:
                person.looks = min(person.looks + 1, _LOOKS)
                person.look = person.look.towards(look, 1 / person.looks)
            person.since_look = 0


def _changed(picture: ImageU8, person: _Person, face: FaceLandmarks) -> bool:
    return float(np.abs(_patch(picture, face) - person.patch).mean()) > _CHANGED


def _patch(picture: ImageU8, face: FaceLandmarks) -> Thumbnail:
    """[16, 16, 3] of the face alone."""
    height, width = picture.shape[:2]
    left, top, right, bottom = (round(edge) for edge in face.box)
    rows = slice(min(max(top, 0), height - 1), max(bottom, 1))
    return thumbnail(picture[rows, min(max(left, 0), width - 1) : max(right, 1)])


def _near(a: FaceLandmarks, b: FaceLandmarks | None) -> bool:
    if b is None:
        return False
    away = float(np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]))
    return away < _CLOSE * (a.extent + b.extent) / 2
