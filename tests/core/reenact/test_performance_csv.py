"""Performances as CSV: our plain table and Live Link Face, in and out."""

from __future__ import annotations

from math import degrees, radians
from pathlib import Path

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import ACTIONS, action_index
from hyperreenact_core.networks.rotation import euler_from_matrix, matrix_from_euler
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.files import load_poses, save_poses
from hyperreenact_core.reenact.gaze import gaze_angles, gaze_from_angles
from hyperreenact_core.reenact.knobs import CSV_LAYOUTS, CsvLayout
from hyperreenact_core.reenact.performance_csv import read_performance, write_performance
from hyperreenact_core.reenact.posetrack import PoseTrack, track_of
from hyperreenact_core.reenact.track_rate import rate_of
from tests.core.reenact.live_link_files import write_newer, write_older


def acted(frames: int = 40, *, rate: float = 25) -> Performance:
    """Everything moves at once, the eyes by themselves too."""
    make = torch.Generator().manual_seed(5)
    angles = (torch.rand(3, frames, generator=make) - 0.5) * torch.tensor([[140], [60], [60]])
    return Performance(
        matrix_from_euler(*angles),
        torch.rand(frames, 52, generator=make),
        gaze=gaze_from_angles(torch.rand(frames, 2, 2, generator=make) - 0.5),
        place=torch.rand(frames, 3, generator=make),
        confidence=torch.rand(frames, generator=make),
        time=torch.arange(frames) / rate,
    )


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "take.csv"
    path.write_text(text)
    return path


def angles_of(performance: Performance) -> list[list[float]]:
    return torch.stack(euler_from_matrix(performance.rotation), 1).tolist()


@pytest.mark.parametrize("layout", CSV_LAYOUTS)
@pytest.mark.parametrize("rate", [25, 30, 60])
def test_a_performance_comes_back_from_its_table(
    tmp_path: Path, layout: CsvLayout, rate: int
) -> None:
    given = acted(rate=rate)
    path = tmp_path / "take.csv"
    write_performance(path, given, layout)
    back = read_performance(path)
    lost = {"place", "confidence"} if layout == "live-link" else set[str]()
    for name, value in vars(given).items():
        if name not in lost:
            torch.testing.assert_close(getattr(back, name), value, atol=1e-3, rtol=0)


def test_a_track_drives_from_a_table_as_from_its_own_file(tmp_path: Path) -> None:
    given = track_of(acted())
    for name in ("take.csv", "take.safetensors"):
        save_poses(tmp_path / name, given)
    table, own = (load_poses(tmp_path / name) for name in ("take.csv", "take.safetensors"))
    assert table.pose is None
    assert own.pose is None
    assert table.performance is not None
    assert own.performance is not None
    assert torch.equal(own.performance.gaze, given.performance.gaze)  # type: ignore[union-attr]
    torch.testing.assert_close(
        table.performance.rotation, own.performance.rotation, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("write", [write_newer, write_older])
def test_both_versions_of_live_link_are_read(tmp_path: Path, write: object) -> None:
    frames = {f"13:05:59:{at:02}.250": {"jawOpen": at / 60, "EyeBlinkLeft": 0.5} for at in (56, 58)}
    frames["13:06:00:02.250"] = {"jawOpen": 1.0}
    read = read_performance(write(tmp_path / "phone.csv", frames))  # type: ignore[operator]
    assert read.coefficients[2, action_index("jawOpen")] == 1
    assert read.coefficients[0, action_index("eyeBlinkLeft")] == 0.5
    assert read.coefficients[0, action_index("eyeBlinkRight")] == 0
    torch.testing.assert_close(read.time, torch.tensor([0, 2, 6]) / 60)


def test_live_links_signs_are_unreals(tmp_path: Path) -> None:
    turned = {"HeadYaw": radians(20), "LeftEyeYaw": radians(10), "RightEyePitch": radians(5)}
    tilted = {"HeadPitch": radians(15), "HeadRoll": 0.0}
    path = write_newer(
        tmp_path / "phone.csv",
        {"0:0:0:00.0": turned, "0:0:0:01.0": tilted, "0:0:0:02.0": {"HeadRoll": radians(8)}},
    )
    read = read_performance(path)
    expected = [[-20.0, 0, 0], [0, 15.0, 0], [0, 0, -8.0]]
    torch.testing.assert_close(
        torch.tensor(angles_of(read)), torch.tensor(expected), atol=1e-3, rtol=0
    )
    eyes = gaze_angles(read.gaze)[0] * degrees(1)
    torch.testing.assert_close(eyes, torch.tensor([[0.0, 5.0], [-10.0, 0.0]]), atol=1e-3, rtol=0)
    assert read.rotation[0, 0, 2] < 0, "the nose goes to the viewer's left, the person's right"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["10:00:00:23.0", "10:00:01:00.0"], [0, 1 / 24]),
        (["10:00:00:29.0", "10:00:01:00.5"], [0, 1.5 / 30]),
        (["10:00:00:10.0", "10:00:00:40.0"], [0, 0.5]),
        (["23:59:59:59.0", "00:00:00:00.0"], [0, 1 / 60]),
        (["10:00:00.250", "10:00:00.500"], [0, 0.25]),
    ],
)
def test_time_codes_tell_their_own_rate(
    tmp_path: Path, codes: list[str], expected: list[float]
) -> None:
    read = read_performance(
        write_newer(tmp_path / "p.csv", {code: {"jawOpen": 1} for code in codes})
    )
    torch.testing.assert_close(read.time, torch.tensor(expected, dtype=torch.float32))


def test_frames_without_a_face_hold_the_last_one(tmp_path: Path) -> None:
    frames: dict[str, dict[str, float]] = {"0:0:0:00.0": {}, "0:0:0:01.0": {"jawOpen": 0.7}}
    frames |= {"0:0:0:02.0": {}, "0:0:0:03.0": {"jawOpen": 0.1}}
    read = read_performance(write_newer(tmp_path / "phone.csv", frames))
    jaw = read.coefficients[:, action_index("jawOpen")].tolist()
    assert jaw == pytest.approx([0.7, 0.7, 0.7, 0.1])
    assert read.confidence.tolist() == [0, 1, 0, 1]


def test_a_table_of_any_editor_needs_few_columns(tmp_path: Path) -> None:
    read = read_performance(written(tmp_path, "Note;YAW_DEG;jawopen\nhello;-12,5;1,4\n;10;0\n"))
    assert [angles[0] for angles in angles_of(read)] == pytest.approx([-12.5, 10], abs=1e-3)
    assert read.coefficients[0, action_index("jawOpen")] == 1, "brought into range"
    torch.testing.assert_close(read.time, torch.tensor([0, 0.04]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no frame"),
        ("yaw_deg\n", "holds no frame"),
        ("a,b\n1,2\n", "names no movement"),
        ("time,yaw_deg\n0,\n1,\n", "no frame with a face"),
        ("yaw_deg,jawOpen\n1,0\n2,much\n", "line 3, column jawopen: 'much'"),
        ("yaw_deg\nnan\n", "line 2, column yaw_deg"),
        ("yaw_deg\n1,2\n", "line 2: 2 values for 1 columns"),
        ("time,yaw_deg\n1,0\n0,0\n", "line 3: its time lies before"),
        ("yaw_deg,Yaw_deg\n1,2\n", "two columns 'yaw_deg'"),
        ("Timecode,JawOpen\nsoon,1\n", "line 2: 'soon' is no time code"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_performance(written(tmp_path, text))


def test_a_picture_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "take.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="cannot be read as text"):
        load_poses(tmp_path / "take.csv")


@pytest.mark.parametrize("rate", [24, 25, 30000 / 1001, 30, 60])
def test_a_track_knows_its_rate(rate: float) -> None:
    assert float(rate_of(track_of(acted(rate=rate)))) == pytest.approx(rate, rel=1e-4)
    assert rate_of(track_of(acted(1))) == 25


def test_all_coefficients_have_a_column_in_both_layouts(tmp_path: Path) -> None:
    for layout, extra in zip(CSV_LAYOUTS, (12, 11), strict=True):
        write_performance(tmp_path / "take.csv", acted(2), layout)
        header = (tmp_path / "take.csv").read_text().splitlines()[0].lower().split(",")
        assert {name.lower() for name in ACTIONS} < set(header)
        assert len(header) == 52 + extra
    with pytest.raises(ValueError, match="holds poses"):
        PoseTrack(None, "")
