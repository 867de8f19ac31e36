"""What becomes of frames without a face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.choices import NoFacePolicy
from hyperreenact_core.errors import NoFaceError
from hyperreenact_core.face.follow import TrackedFrame
from hyperreenact_core.reenact.missing import (
    DrivingReport,
    PosedFrame,
    PoseView,
    fill_missing,
)
from hyperreenact_core.types import FaceCrop

SOURCE_VIEW = PoseView(torch.full((3, 1, 1), -1.0), None)
PICTURE = np.zeros((4, 4, 3), np.uint8)


def tracked(pattern: str) -> Iterator[TrackedFrame]:
    """`f` is a frame with a face whose crop holds its number, `.` one without."""
    for index, letter in enumerate(pattern):
        crop = None
        if letter == "f":
            crop = FaceCrop(torch.full((3, 1, 1), float(index)), torch.eye(3), torch.zeros(68, 2))
        yield TrackedFrame(index, PICTURE, crop)


def filled(
    frames: Iterator[TrackedFrame], policy: NoFacePolicy, report: DrivingReport
) -> Iterator[PosedFrame]:
    return fill_missing(
        frames,
        policy,
        view_of=lambda crop: PoseView(crop.image, None, crop.scene),
        source_view=SOURCE_VIEW,
        lookahead=3,
        name_frame="clip.mp4, frame {}".format,
        report=report,
    )


def poses(pattern: str, policy: NoFacePolicy) -> tuple[dict[int, int], DrivingReport]:
    """Number of each result's frame -> number of the frame whose pose it takes; -1 the source's."""
    report = DrivingReport()
    results = list(filled(tracked(pattern), policy, report))
    return {frame.index: int(frame.pose.view[0, 0, 0]) for frame in results}, report


def test_hold_keeps_the_last_pose():
    taken, report = poses("f..f.", "hold")
    assert taken == {0: 0, 1: 0, 2: 0, 3: 3, 4: 3}
    assert report == DrivingReport(frames=5, held=3)
    assert report.without_face == 3


def test_hold_waits_for_the_first_face():
    taken, report = poses("..ff", "hold")
    assert taken == {0: 2, 1: 2, 2: 2, 3: 3}
    assert report == DrivingReport(frames=4, ahead=2)


def test_hold_takes_the_source_where_the_first_face_is_too_far_away():
    taken, report = poses(".....f.", "hold")
    assert taken == {0: -1, 1: -1, 2: 5, 3: 5, 4: 5, 5: 5, 6: 5}
    assert report == DrivingReport(frames=7, source=2, ahead=3, held=1)


def test_hold_holds_back_no_more_than_the_look_ahead():
    read: list[int] = []

    def noted() -> Iterator[TrackedFrame]:
        for frame in tracked("......f"):
            read.append(frame.index)
            yield frame

    results = filled(noted(), "hold", DrivingReport())
    assert next(results).index == 0
    assert read == [0, 1, 2, 3]


def test_a_clip_without_any_face_is_driven_by_the_source_if_wished():
    taken, report = poses("..", "source")
    assert taken == {0: -1, 1: -1}
    assert report == DrivingReport(frames=2, source=2)


@pytest.mark.parametrize("pattern", ["..", "." * 40])
def test_without_any_face_there_is_nothing_to_hold(pattern: str):
    with pytest.raises(NoFaceError, match=f"none of the {len(pattern)} driving"):
        poses(pattern, "hold")


def test_source_takes_the_source_pose_for_those_frames_alone():
    taken, report = poses("f.f", "source")
    assert taken == {0: 0, 1: -1, 2: 2}
    assert report == DrivingReport(frames=3, source=1)


def test_skip_drops_them():
    taken, report = poses(".f..f", "skip")
    assert taken == {1: 1, 4: 4}
    assert report == DrivingReport(frames=5, skipped=3)
    assert report.drawn == 2


def test_error_names_the_frame():
    results = filled(tracked("ff.f"), "error", DrivingReport())
    assert [next(results).index, next(results).index] == [0, 1]
    with pytest.raises(NoFaceError, match=r"clip\.mp4, frame 2"):
        next(results)


def test_every_result_says_whose_pose_it_has():
    results = list(filled(tracked("....f."), "hold", DrivingReport()))
    assert [r.origin for r in results] == ["source", "ahead", "ahead", "ahead", "face", "held"]
    assert [r.crop is not None for r in results] == [False] * 4 + [True, False]


def test_the_report_tells_where_a_new_scene_begins():
    report = DrivingReport()
    scenes = (
        replace(frame, crop=frame.crop and replace(frame.crop, scene=int(frame.index > 2)))
        for frame in tracked("f.f.ff")
    )
    list(filled(scenes, "hold", report))
    assert report.cuts == [4]
