"""Several faces of one picture, each played by somebody."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.cast import reenact_cast
from hyperreenact_core.reenact.cast_clip import check_cast
from hyperreenact_core.reenact.clip import ClipRequest
from hyperreenact_core.reenact.detail.performance import HeadState, Performance
from hyperreenact_core.reenact.driving import DrivingOptions
from hyperreenact_core.reenact.expression import AT_REST
from hyperreenact_core.reenact.looks import Looker
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.people import Scene, follow_people
from hyperreenact_core.reenact.performers import SharedScenes
from hyperreenact_core.reenact.posetrack import PoseTrack, track_of
from hyperreenact_core.reenact.results import ReenactedFrame
from hyperreenact_core.reenact.roles import AlsoPlays, Role, clips_of, roles_of
from hyperreenact_core.reenact.source import SourceFace, analyse_sources
from hyperreenact_core.reenact.views import detector_of, with_readings
from hyperreenact_core.video.sources import FrameSource
from tests.core.reenact.two_people import clip_of, two_in_a_picture

HOST = LocalHost(device="cpu")
QUICK = ReenactOptions(size=64, driving=DrivingOptions(stabilise=1))


@pytest.fixture(scope="module")
def models() -> LoadedSet:
    return load_set("starter")


@pytest.fixture(scope="module")
def sources(models: LoadedSet) -> list[SourceFace]:
    return analyse_sources(two_in_a_picture(), models, HOST)


def still(at: int) -> tuple[int, int]:
    return 120, 360


def puppet_track(count: int) -> PoseTrack:
    """A head that turns to the side."""
    turns = [np.asarray(cv2.Rodrigues(np.array([0, 0.1 * at, 0]))[0]) for at in range(count)]
    return track_of(Performance.of([HeadState(turn, AT_REST.coefficients) for turn in turns]))


def play(
    models: LoadedSet, roles: list[Role], clips: list[FrameSource], **more: int
) -> list[ReenactedFrame]:
    return list(reenact_cast(roles, clips, models, HOST, options=QUICK, **more))


def change(a: ImageU8, b: ImageU8) -> tuple[float, float]:
    """How much the left and the right half of two pictures differ."""
    differs = np.abs(a.astype(float) - b).mean((0, 2))
    return float(differs[:150].mean()), float(differs[170:].mean())


def test_all_faces_of_a_picture_are_found_from_the_left(sources: list[SourceFace]):
    assert [source.faces for source in sources] == [2, 2]
    left, right = (source.crop.frame_from_crop[0, 2] for source in sources)
    assert left < right


def test_each_face_has_a_performer_of_its_own(models, sources):
    clip = clip_of(still, count=2)
    both = [Role(sources[0], 0, "leftmost"), Role(sources[1], 0, "rightmost")]
    drawn = play(models, both, [clip])
    alone = [play(models, [role], [clip]) for role in both]
    assert [result.index for result in drawn] == [0, 1]
    for result, left, right in zip(drawn, *alone, strict=True):
        assert result.image.shape == sources[0].picture.shape
        moved = change(result.image, sources[0].picture)
        assert min(moved) > 1
        # One alone leaves the other as it was.
        assert change(left.image, result.image)[0] < 0.2 * moved[0]
        assert change(right.image, result.image)[1] < 0.2 * moved[1]


def test_another_clip_is_shown_at_the_rate_of_the_first_and_holds_its_end(models, sources):
    slow, fast = clip_of(still, count=4, rate=10), clip_of(still, count=4, rate=20)
    roles = [Role(sources[0], 0, "leftmost"), Role(sources[1], 1, "leftmost")]
    drawn = [result.image for result in play(models, roles, [slow, fast])]
    assert len(drawn) == 4
    rights = [change(a, b)[1] for a, b in pairwise(drawn)]
    assert rights[0] > 0.05
    assert max(rights[1:]) == 0  # after two of ten a second the other clip is over
    assert change(drawn[-1], drawn[-2])[0] > 0.05
    assert len(play(models, roles, [slow, fast], start=1, limit=2)) == 2


def test_what_stays_in_front_stays_as_it_is(models, sources):
    front = torch.zeros(sources[0].picture.shape[:2])
    front[100:, :100] = 1
    behind = [source.behind(front) for source in sources]
    roles = [Role(behind[0], 0, "leftmost"), Role(behind[1], 0, "rightmost")]
    (drawn,) = play(models, roles, [clip_of(still, count=1)])
    assert np.array_equal(drawn.image[100:, :100], sources[0].picture[100:, :100])
    assert min(change(drawn.image, sources[0].picture)) > 0.5


def test_a_pose_track_plays_at_the_rate_of_the_first_clip(models, sources):
    clip = clip_of(still, count=4, rate=10)
    moves = puppet_track(5)
    told = FrameSource(Path("moves"), Fraction(20), 5, 1, 1, lambda: iter(()), "{}".format)
    roles = [Role(sources[0], 0, "leftmost"), Role(sources[1], 1, track=moves)]
    drawn = [result.image for result in play(models, roles, [clip, told])]
    rights = [change(a, b)[1] for a, b in pairwise(drawn)]
    assert min(rights[:2]) > 0.05  # of five frames every other is shown
    assert rights[2:] == [0]
    mask = play(models, roles, [clip, told], start=1, limit=1)[0].mask
    assert mask is not None
    assert mask.shape == sources[0].picture.shape[:2]
    assert min(mask[:, :150].max(), mask[:, 170:].max()) > 0.9


def test_an_error_of_a_clip_comes_to_all_whom_it_drives():
    def broken() -> Iterator[Scene]:
        yield Scene(two_in_a_picture(), ())
        raise InputError("two.mp4, frame 1 is damaged")

    shared = SharedScenes(broken())
    readers = [shared.reader(), shared.reader()]
    for reader in readers:
        assert next(reader).faces == ()
        with pytest.raises(InputError, match="frame 1 is damaged"):
            next(reader)


def test_what_cannot_be_played_is_said(models, sources):
    clip = clip_of(still, count=1)
    with pytest.raises(InputError, match=r"two\.mp4, frame 0: face number 2 was asked for"):
        play(models, [Role(sources[0], 0, 2)], [clip])
    with pytest.raises(InputError, match="every face needs a driving clip"):
        play(models, [Role(sources[0], 1)], [clip])
    dropping = ReenactOptions(driving=DrivingOptions(no_face="skip"))
    with pytest.raises(InputError, match="cannot be dropped"):
        reenact_cast([Role(sources[0])], [clip], models, HOST, options=dropping)


def test_files_that_hold_one_face_are_refused():
    picture, clip, out = Path("duo.png"), Path("two.mp4"), Path("out.mp4")
    check_cast(ClipRequest(picture, clip, out, all_faces=True))
    with pytest.raises(InputError, match=r"me\.safetensors keeps one face.* give the picture"):
        check_cast(ClipRequest(Path("me.safetensors"), clip, out, all_faces=True))
    with pytest.raises(InputError, match=r"moves\.csv is a pose track.* give the video"):
        check_cast(ClipRequest(picture, Path("moves.csv"), out, all_faces=True))
    with pytest.raises(InputError, match=r"moves\.safetensors is a pose track"):
        check_cast(ClipRequest(picture, clip, out, also=(AlsoPlays(1, Path("moves.safetensors")),)))


def test_roles_follow_from_what_a_user_says(sources):
    main, other = Path("main.mp4"), Path("other.mp4")

    def told(*also: AlsoPlays, face: int | None = 0) -> list[tuple[bool, int, object]]:
        roles = roles_of(sources, main, also, face=face, performer="centre", name="duo.png")
        return [(role.source is sources[0], role.clip, role.performer) for role in roles]

    assert told(face=None) == [(True, 0, "centre"), (False, 0, "centre")]
    assert told(AlsoPlays(1, other, 3)) == [(True, 0, "centre"), (False, 1, 3)]
    assert told(AlsoPlays("leftmost", other), face=None) == [
        (False, 0, "centre"),
        (True, 1, "largest"),
    ]
    assert clips_of(main, [AlsoPlays(1, other), AlsoPlays(2, other), AlsoPlays(3)]) == [main, other]
    with pytest.raises(InputError, match=r"duo\.png: face number 5"):
        told(AlsoPlays(5))
    with pytest.raises(InputError, match=r"main\.mp4 is to drive the face 0, but others have"):
        told(AlsoPlays(0, other))
    with pytest.raises(InputError, match="face leftmost is given two performers"):
        told(AlsoPlays(0, other), AlsoPlays("leftmost"))


@pytest.mark.parametrize(
    "places",
    [
        lambda at: (90 + 20 * at, 400 - 20 * at),  # they cross
        lambda at: (100, 350) if at < 8 else (370, 120),  # a cut
    ],
)
def test_drivers_do_not_swap(models, places):
    finder = with_readings(detector_of(models, HOST), models, HOST)
    scenes = follow_people(clip_of(places, count=16), finder, Looker(models, HOST).look)
    told = [scene.faces for scene in scenes]
    assert len(told[-1]) == 2
    for at, faces in enumerate(told):
        for face, own, other in zip(faces, places(at), places(at)[::-1], strict=True):
            if face is not None and abs(own - other) > 30:
                assert abs(face.centre[0] - own) < abs(face.centre[0] - other), at
    assert all(face is not None for faces in (told[0], told[-1]) for face in faces)
