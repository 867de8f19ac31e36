"""Everybody in a clip keeps the number: through crossings, behind others and over cuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.reenact.looks import SAME, Look, apart
from hyperreenact_core.reenact.people import follow_people
from tests.core.reenact.tiny import face_points

WIDTH, HEIGHT = 320, 120
Places = dict[str, float]
"""Who is seen -> x of the face."""

_PEOPLE = "abc"


def face_at(who: str, x: float) -> FaceLandmarks:
    """The score says who it is, to `look_at` alone."""
    shape = face_points() * 80
    middle = (shape.amin(0) + shape.amax(0)) / 2
    return FaceLandmarks(shape - middle + torch.tensor([x, 60.0]), 0.9 - 0.1 * _PEOPLE.index(who))


class Script:
    """A detector that plays a script; following goes to whoever is nearest, as networks do."""

    def __init__(self) -> None:
        self.now: Places = {}
        self.searches = 0

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        self.searches += 1
        return [face_at(who, x) for who, x in self.now.items()]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        faces = [face_at(who, x) for who, x in self.now.items()]
        return min(faces, key=lambda f: abs(f.centre[0] - previous.centre[0]), default=None)


def look_at(picture: ImageU8, face: FaceLandmarks) -> Look:
    who = round((0.9 - face.score) * 10)
    return Look(np.eye(3)[who], np.full((4, 3), 60.0 + 40 * who), np.zeros(2))


def numbers(script: Sequence[Places]) -> tuple[list[str], int]:
    """Who has number 0, 1 and so on in every frame, `-` where out of sight; and the searches."""
    detector = Script()

    def pictures() -> Iterator[ImageU8]:
        for places in script:
            detector.now = places
            frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            for who, x in places.items():
                frame[20:100, max(int(x) - 30, 0) : int(x) + 30] = 60 + 60 * _PEOPLE.index(who)
            yield frame

    told: list[str] = []
    for scene in follow_people(pictures(), detector, look_at):
        seen = ["-" if f is None else _PEOPLE[round((0.9 - f.score) * 10)] for f in scene.faces]
        told.append("".join(seen))
    return told, detector.searches


def test_people_who_cross_keep_their_numbers():
    walk = [{"a": 60 + 8.0 * k, "b": 260 - 8.0 * k} for k in range(26)]
    told, _ = numbers(walk)
    assert told == ["ab"] * 26


def test_somebody_behind_another_is_out_of_sight_and_known_again():
    walk = [{"a": 60 + 8.0 * k, "b": 260 - 8.0 * k} for k in range(26)]
    for k in range(8, 18):
        del walk[k]["b"]
    told, _ = numbers(walk)
    assert told[:8] == ["ab"] * 8
    assert told[8:18] == ["a-"] * 10
    assert told[20:] == ["ab"] * 6
    assert "ba" not in told


def test_a_cut_that_exchanges_places_exchanges_no_numbers():
    told, _ = numbers([{"a": 70.0, "b": 250.0}] * 5 + [{"a": 250.0, "b": 70.0}] * 5)
    assert told == ["ab"] * 10


def test_who_is_new_gets_the_next_number_and_takes_no_one_elses():
    both = {"a": 70.0, "b": 160.0}
    told, _ = numbers([{"b": 160.0}] * 3 + [both] * 14 + [both | {"c": 260.0}] * 14)
    assert told[0] == "b"
    assert told[16] == "ba"
    assert told[-1] == "bac"
    told, _ = numbers([{"a": 70.0, "b": 250.0}] * 3 + [{"c": 70.0}] * 5)
    assert told[-1] == "--c"


def test_where_people_stand_apart_the_picture_is_seldom_searched():
    _, searches = numbers([{"a": 70.0, "b": 250.0}] * 40)
    assert searches <= 5


def test_a_clip_without_faces_shows_nobody():
    told, _ = numbers([{}] * 3)
    assert told == [""] * 3


def test_looks_of_one_person_are_nearer_than_those_of_two():
    a, b = (look_at(np.zeros((1, 1, 3), np.uint8), face_at(who, 0.0)) for who in "ab")
    assert apart(a, a) == 0
    assert apart(a, b) > SAME
    assert apart(a, a.towards(b, 0.1)) < SAME
