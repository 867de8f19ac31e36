from dataclasses import replace

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.networks.rotation import euler_from_matrix, matrix_from_euler
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.knobs import REGIONS
from hyperreenact_core.reenact.motion.edit import MotionEdit, edit_motion
from hyperreenact_core.reenact.motion.regions import region_of
from hyperreenact_core.reenact.motion.report import jitter_of, motion_report
from hyperreenact_core.reenact.motion.rest import reference_frame
from tests.core.reenact.motion.performances import performance


def test_an_edit_of_nothing_changes_nothing() -> None:
    given = performance(yaw=20)
    assert_same(edit_motion(given, MotionEdit()), given)


def test_relative_motion_of_a_clip_on_its_own_first_frame_is_the_clip() -> None:
    given = performance(yaw=25, pitch=10, noise=0.01)
    edited = edit_motion(given, MotionEdit(relative="first"), source=given.take([0]))
    assert_same(edited, given)


def test_a_relative_nod_stays_a_nod_of_a_head_that_is_turned() -> None:
    nod = torch.linspace(0, 15, 9)
    still = torch.zeros(9)
    given = performance(9)
    given = replace(given, rotation=matrix_from_euler(still + 20, nod, still))
    turned = matrix_from_euler(torch.tensor([-40.0]), torch.zeros(1), torch.zeros(1))
    source = replace(given.take([0]), rotation=turned)
    edited = edit_motion(given, MotionEdit(relative="first"), source=source)
    yaw, pitch, roll = euler_from_matrix(edited.rotation)
    assert torch.allclose(pitch, nod, atol=1e-3)
    assert torch.allclose(yaw, still - 40, atol=1e-3)
    assert torch.allclose(roll, still, atol=1e-3)


def test_relative_motion_does_not_carry_over_what_the_driver_always_does() -> None:
    given = performance(yaw=10)
    grinning = given.coefficients.clone()
    grinning[:, action_index("mouthSmileRight")] = 0.6
    edited = edit_motion(
        replace(given, coefficients=grinning), MotionEdit(relative="first"), source=rest_face()
    )
    smile = edited.coefficients[:, action_index("mouthSmileRight")]
    assert torch.allclose(smile, torch.full((40,), 0.05), atol=1e-6)


def test_a_region_at_zero_is_the_sources_own_and_leaves_the_others() -> None:
    given, source = performance(yaw=30), rest_face()
    edited = edit_motion(given, MotionEdit(head=0, gaze=0), source=source)
    look, jaw = action_index("eyeLookOutLeft"), action_index("jawOpen")
    assert torch.allclose(edited.rotation, source.rotation.expand(40, 3, 3), atol=1e-6)
    assert torch.allclose(edited.gaze, source.gaze.expand(40, 2, 3), atol=1e-6)
    assert edited.coefficients[:, look].unique().tolist() == [pytest.approx(0.05)]
    assert torch.allclose(edited.coefficients[:, jaw], given.coefficients[:, jaw], atol=1e-6)


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_factors_scale_turns_and_expressions(factor: float) -> None:
    given = performance(yaw=20)
    factors = dict.fromkeys(("head", "mouth", "jaw"), factor)
    edited = edit_motion(given, MotionEdit(relative="first", **factors), source=given.take([0]))
    moved, asked = (p.rotation[0].T @ p.rotation[20] for p in (edited, given))
    angles = [torch.acos((turn.trace() - 1) / 2) for turn in (moved, asked)]
    assert float(angles[0] / angles[1]) == pytest.approx(factor, abs=0.01)
    jaw = action_index("jawOpen")
    opened, wanted = (p.coefficients[20, jaw] - p.coefficients[0, jaw] for p in (edited, given))
    assert float(opened / wanted) == pytest.approx(factor, abs=0.01)


def test_exaggeration_stays_within_what_faces_do() -> None:
    edited = edit_motion(performance(), MotionEdit(**dict.fromkeys(REGIONS, 3.0)))
    assert edited.coefficients.min() >= 0
    assert edited.coefficients.max() == 1
    assert torch.allclose(edited.gaze.norm(dim=2), torch.ones(40, 2))


def test_a_mirror_swaps_the_sides_and_twice_it_does_nothing() -> None:
    given = performance(yaw=25, pitch=8)
    given = replace(given, place=torch.tensor([[0.1, 0.2, 0.5]]).repeat(40, 1))
    once = edit_motion(given, MotionEdit(mirror=True))
    before, after = euler_from_matrix(given.rotation), euler_from_matrix(once.rotation)
    for sign, was, now in zip((-1, 1, -1), before, after, strict=True):
        assert torch.allclose(now, sign * was, atol=1e-3)
    left, right = action_index("mouthSmileLeft"), action_index("mouthSmileRight")
    assert torch.equal(once.coefficients[:, right], given.coefficients[:, left])
    assert torch.allclose(once.gaze, once.eyes_as_told().gaze, atol=1e-6)
    assert once.place[0].tolist() == pytest.approx([-0.1, 0.2, 0.5])
    assert_same(edit_motion(once, MotionEdit(mirror=True)), given)


def test_smoothing_stills_a_face_and_leaves_blinks_and_plosives() -> None:
    trembling = performance(80, noise=0.015)
    blink, close, jaw = (action_index(a) for a in ("eyeBlinkLeft", "mouthClose", "jawOpen"))
    face = trembling.coefficients.clone()
    # The jaw falls and rises by itself, too.
    face[:, jaw] = 0.5
    face[30:35, blink] += torch.tensor([0.35, 0.7, 0.75, 0.5, 0.2])
    face[50:53, close] += torch.tensor([0.2, 0.35, 0.2])
    face[62:66, close] += torch.tensor([0.08, 0.15, 0.15, 0.06])
    face[70:73, jaw] -= torch.tensor([0.1, 0.18, 0.1])
    given = replace(trembling, coefficients=face.clamp(0, 1))
    edited = edit_motion(given, MotionEdit(smooth=2))
    before, after = jitter_of(given), jitter_of(edited)
    assert before.head_deg > 3 * after.head_deg
    assert before.face > 3 * after.face
    events = [(blink, 28, 37, 0.2), (close, 48, 55, 0.2), (close, 60, 68, 0.2), (jaw, 68, 75, 0.5)]
    for column, start, end, usual in events:
        was, now = ((p.coefficients[start:end, column] - usual).abs() for p in (given, edited))
        assert was.argmax() == now.argmax()
        assert now.max() > 0.9 * was.max()


def test_smoothing_neither_delays_a_turn_nor_cuts_it_short() -> None:
    given = performance(40, yaw=30)
    edited = edit_motion(given, MotionEdit(smooth=2))
    assert torch.allclose(edited.rotation, given.rotation, atol=0.02)
    assert torch.allclose(edited.rotation.det(), torch.ones(40), atol=1e-5)


def test_twice_as_fast_is_half_as_long_and_ends_where_it_ended() -> None:
    given = performance(41, yaw=30)
    edited = edit_motion(given, MotionEdit(speed=2))
    assert len(edited) == 21
    assert torch.allclose(edited.rotation[10], given.rotation[20], atol=1e-6)
    assert torch.allclose(edited.coefficients[-1], given.coefficients[-1])
    assert edited.time.tolist() == pytest.approx(given.time[:21].tolist())


def test_a_target_length_is_met_with_turns_that_are_turns() -> None:
    edited = edit_motion(performance(7, yaw=60), MotionEdit(length=50))
    assert len(edited) == 50
    assert torch.allclose(edited.rotation.det(), torch.ones(50), atol=1e-5)


def test_a_target_length_in_seconds_is_met_at_the_performances_own_rate() -> None:
    given = performance(60, yaw=10)
    edited = edit_motion(replace(given, time=torch.arange(60) / 30), MotionEdit(seconds=1.5))
    assert len(edited) == 45
    assert edited.time[1].item() == pytest.approx(1 / 30)


def test_trim_ping_pong_and_loop_follow_one_another() -> None:
    given = performance(20, yaw=30)
    edited = edit_motion(given, MotionEdit(start=3, frames=4, ping_pong=True, loop=2))
    rows = [3, 4, 5, 6, 5, 4, 3, 4, 5, 6, 5, 4, 3]
    assert torch.equal(edited.rotation, given.rotation[rows])
    assert edited.time.tolist() == pytest.approx([at / 25 for at in range(13)])


@pytest.mark.parametrize("blend", [8, 120])
def test_a_loop_does_not_jump_at_its_seam(blend: int) -> None:
    given = seamed(40)
    edited = edit_motion(given, MotionEdit(loop=2, loop_blend=blend))
    jumping = edit_motion(given, MotionEdit(loop=2, loop_blend=0))
    assert len(edited) == len(jumping) == 80
    assert step(jumping, 39) > 10 * step(given, 20)
    assert all(step(edited, at) < 5 * step(given, 20) for at in range(79))
    assert torch.allclose(edited.rotation[0], edited.rotation[40])
    assert torch.allclose(edited.rotation.det(), torch.ones(80), atol=1e-5)
    assert torch.allclose(edited.gaze.norm(dim=2), torch.ones(80, 2))


def test_only_what_is_near_the_seam_of_a_loop_is_moved() -> None:
    given = seamed(40)
    for edit in (MotionEdit(loop=2, loop_blend=6), MotionEdit(ping_pong=True), MotionEdit()):
        edited = edit_motion(given, edit)
        assert torch.allclose(edited.coefficients[6:34], given.coefficients[6:34])
    there_and_back = edit_motion(given, MotionEdit(ping_pong=True, loop=2))
    assert torch.equal(there_and_back.rotation[:40], given.rotation)


def test_blending_begins_and_ends_with_the_source() -> None:
    given, source = performance(30, yaw=20), rest_face()
    edited = edit_motion(given, MotionEdit(blend_in=5, blend_out=8), source=source)
    for at in (0, -1):
        assert torch.allclose(edited.coefficients[at], source.coefficients[0], atol=1e-6)
        assert torch.allclose(edited.rotation[at], source.rotation[0], atol=1e-6)
    assert torch.allclose(edited.coefficients[10], given.coefficients[10], atol=1e-6)


def test_the_calmest_frame_is_not_the_one_that_grimaces() -> None:
    given = performance(30)
    face = given.coefficients.clone() * 0 + 0.5
    face[12] = 0.2
    assert reference_frame(replace(given, coefficients=face), "calmest") == 12
    unseen = replace(given, coefficients=face, confidence=(torch.arange(30) != 12).float())
    assert reference_frame(unseen, "calmest") != 12


def test_every_action_belongs_to_a_region_and_both_eyes_to_one() -> None:
    assert region_of("eyeLookInLeft") == "gaze"
    assert region_of("eyeBlinkRight") == "eyes"
    assert region_of("mouthClose") == region_of("jawOpen") == "jaw"
    assert region_of("mouthSmileLeft") == "mouth"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"start": 40}, "none of the performance's 40"),
        ({"speed": 0.0}, "speed"),
        ({"loop": 0}, "loop"),
        ({"head": -1.0}, "head must lie"),
        ({"jaw": float("nan")}, "jaw must lie"),
        ({"relative": "last"}, "first, calmest"),
        ({"smooth": 99.0}, "smooth"),
        ({"blend_in": -1}, "blend"),
        ({"loop_blend": -1}, "loop_blend"),
        ({"seconds": -1.0}, "seconds"),
        ({"seconds": 2.0, "length": 50}, "frames or in seconds"),
    ],
)
def test_edits_that_cannot_be_made_say_why(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        edit_motion(performance(40), MotionEdit(**wrong))


def test_a_single_frame_can_be_edited() -> None:
    edit = MotionEdit(
        smooth=3, relative="calmest", speed=0.5, mouth=2, ping_pong=True, loop=3, blend_in=4
    )
    given = performance(1)
    edited = edit_motion(given, edit)
    assert len(edited) == 3
    assert edited.coefficients.isfinite().all()


def test_the_report_tells_lengths_and_jitter() -> None:
    given = performance(50, noise=0.02)
    text = motion_report(given, edit_motion(given, MotionEdit(smooth=2, length=30)))
    assert "50 frames -> 30 frames" in text
    assert text.count("jitter") == 2


def rest_face() -> Performance:
    """A source that looks to the side and does next to nothing."""
    rotation = matrix_from_euler(torch.tensor([12.0]), torch.tensor([-4.0]), torch.zeros(1))
    return Performance(rotation, torch.full((1, 52), 0.05))


def seamed(frames: int) -> Performance:
    """A head that turns 30 degrees and a jaw that opens, and nothing comes back."""
    rise = torch.linspace(0, 1, frames)
    given = performance(frames)
    face = given.coefficients.clone()
    face[:, action_index("jawOpen")] = 0.1 + 0.4 * rise
    turns = matrix_from_euler(30 * rise, torch.zeros(frames), torch.zeros(frames))
    return replace(given, rotation=turns, coefficients=face)


def step(given: Performance, at: int) -> float:
    """How far head and face go from one frame to the next."""
    parts = (given.rotation, given.coefficients)
    return sum(float((part[at + 1] - part[at]).norm()) for part in parts)


def assert_same(one: Performance, other: Performance) -> None:
    for name, value in vars(one).items():
        assert torch.allclose(value, getattr(other, name), atol=2e-6), name
