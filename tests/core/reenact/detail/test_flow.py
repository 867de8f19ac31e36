"""Coarse flow: exact on the face, hidden where the source shows nothing, still far away."""

import time

import cv2
import numpy as np

from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.heads.gaze import rotation_matrix
from hyperreenact_core.reenact.detail.flow import NOTHING, Drawing, draw_head, flow_between
from hyperreenact_core.reenact.detail.head_model import EYE, HAIR, MOUTH, SKIN, load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import SIDE, sitter

MODEL = load_head_model()
FIT = sitter(11, smile=0.0).truth
PLACE = (0.0, 0.0, 0.0)


def drawn(
    size: int = 128, shift: tuple[float, float, float] = PLACE, **pose: np.ndarray
) -> Drawing:
    return draw_head(MODEL, pose_head(MODEL, FIT, shift=shift, **pose), side=SIDE, size=size)


def performing(index: int, value: float) -> np.ndarray:
    face = FIT.coefficients.copy()
    face[index] = value
    return face


STILL = drawn()


def test_in_its_own_pose_nothing_moves_and_nothing_is_hidden() -> None:
    flow = flow_between(MODEL, drawn(), STILL)
    assert (flow.offset == 0).all()
    assert not flow.hidden.any()
    assert 0.1 < flow.face.mean() < 0.7


def test_a_shift_is_a_flow_that_is_even_on_the_head_and_none_at_the_border() -> None:
    flow = flow_between(MODEL, drawn(shift=(0.25, 0, 0)), STILL)
    on_head = flow.offset[flow.face]
    assert abs(np.median(on_head[:, 0]) + 0.25 * FIT.scale) < 1
    assert np.abs(on_head[:, 1]).max() < 1
    head = np.nonzero(flow.face)
    border = np.concatenate([flow.offset[0], flow.offset[:, 0], flow.offset[:, -1]])
    assert np.abs(border).max() < 0.05 * 0.25 * FIT.scale
    above = flow.offset[head[0].min() - 8, int(np.median(head[1]))]
    assert above[0] < -0.5 * 0.25 * FIT.scale


def test_the_flow_off_the_head_has_no_jumps() -> None:
    flow = flow_between(MODEL, drawn(shift=(0.3, 0.1, 0)), STILL)
    off = cv2.erode((flow.region == NOTHING).astype(np.uint8), np.ones((3, 3))) > 0
    steps = np.abs(np.diff(flow.offset, axis=1)).max(2)
    assert steps[off[:, :-1]].max() < 2


def test_a_posed_point_flows_back_to_where_it_was() -> None:
    rotation = rotation_matrix(18, 5, -4) @ FIT.rotation
    result = pose_head(MODEL, FIT, rotation=rotation)
    flow = flow_between(MODEL, drawn(rotation=rotation), STILL)
    nose = MODEL.mean[:, 2].argmax()
    x, y = result.xy[nose]
    there = result.xy[nose] + flow.offset[int(y), int(x)]
    assert np.linalg.norm(there - STILL.posed.xy[nose]) < 0.8


def test_what_turns_into_view_is_hidden_in_the_source() -> None:
    away, back = (rotation_matrix(yaw, 0, 0) @ FIT.rotation for yaw in (-35, 20))
    flow = flow_between(MODEL, drawn(rotation=back), drawn(rotation=away))
    middle = int(np.median(np.nonzero(flow.face)[1]))
    left, right = flow.hidden[:, :middle].sum(), flow.hidden[:, middle:].sum()
    assert left > 100  # the face turns to the right, its cheek at the left comes into view
    assert right < 0.35 * left
    assert 0.02 < flow.hidden.sum() / flow.face.sum() < 0.3
    assert not flow.hidden[~flow.face].any()


def test_walls_are_still_where_nobody_has_been_nor_comes_to_be() -> None:
    figure = (STILL.region != NOTHING).astype(np.float32)
    flow = flow_between(MODEL, drawn(shift=(0.2, 0, 0)), STILL, figure)
    off = flow.region == NOTHING
    uncovered = off & (figure > 0)
    uncovered[np.nonzero(flow.face)[0].max() :] = False  # shoulders stay
    assert uncovered.sum() > 200
    assert (flow.still[uncovered] < 0.5).all(), "what surrounds it is drawn over it"
    assert not flow.still[flow.face].any()
    away = cv2.distanceTransform((figure == 0).astype(np.uint8), cv2.DIST_L2, 5)
    beyond = off & (away > (3.5 * 0.2 + 0.1) * FIT.scale)
    assert beyond.sum() > 1000
    assert (flow.still[beyond] == 1).all()


def test_without_an_outline_of_the_person_only_what_does_not_move_is_still() -> None:
    turned = flow_between(MODEL, drawn(shift=(0.4, 0, 0)), STILL)
    assert turned.still.mean() < 0.2  # below the chin, where shoulders are
    unmoved = flow_between(MODEL, STILL, STILL)
    assert (unmoved.still[unmoved.region == NOTHING] == 1).all()


def test_an_opening_mouth_shows_what_the_source_hides() -> None:
    shut = drawn(coefficients=np.zeros(52))
    open_ = drawn(coefficients=np.eye(52)[24])
    flow = flow_between(MODEL, open_, shut)
    inside = flow.region == MOUTH
    assert inside.sum() > 60
    assert flow.hidden[inside].mean() > 0.8


def test_a_blink_covers_the_eyes_and_opening_them_uncovers_what_was_hidden() -> None:
    shut = np.zeros(52)
    shut[[8, 9]] = 1.0
    closed, wide = drawn(256, coefficients=shut), drawn(256, coefficients=np.zeros(52))
    assert (wide.region == EYE).sum() > 80
    assert (closed.region == EYE).sum() < 0.12 * (wide.region == EYE).sum()
    flow = flow_between(MODEL, wide, closed)
    assert flow.hidden[flow.region == EYE].mean() > 0.6


def test_gaze_moves_the_eyes() -> None:
    ahead = drawn(256, coefficients=np.zeros(52))
    aside = np.zeros(52)
    aside[[14, 12 + 1]] = 1.0
    flow = flow_between(MODEL, drawn(256, coefficients=aside), ahead)
    assert np.median(flow.offset[flow.region == EYE][:, 0]) < -0.02 * FIT.scale


def test_hair_lies_above_the_face() -> None:
    rows, _ = np.nonzero(STILL.region == HAIR)
    assert rows.min() < np.nonzero(STILL.region == SKIN)[0].min() - 5
    assert len(rows) > 200


def test_the_offset_does_not_depend_on_the_size_of_the_map() -> None:
    rotation = rotation_matrix(15, 0, 0) @ FIT.rotation
    small, large = (
        flow_between(MODEL, drawn(size, rotation=rotation), drawn(size)) for size in (64, 256)
    )
    reduced = cv2.resize(large.offset, (64, 64), interpolation=cv2.INTER_AREA)
    whole = cv2.erode(small.face.astype(np.uint8), np.ones((5, 5))) > 0
    assert np.median(np.abs(reduced - small.offset)[whole]) < 0.1


def test_a_head_out_of_the_picture_leaves_it_still() -> None:
    flow = flow_between(MODEL, drawn(shift=(40.0, 0, 0)), STILL)
    assert (flow.offset == 0).all()
    assert not flow.face.any()


def test_a_map_of_256_px_takes_milliseconds() -> None:
    times: list[float] = []
    source = drawn(256)
    for _ in range(5):
        start = time.process_time()
        flow_between(MODEL, drawn(256, rotation=rotation_matrix(10, 0, 0)), source)
        times.append(time.process_time() - start)
    assert min(times) < 0.2  # 25 ms on a quiet core


def test_lips_that_meet_leave_no_slit_between_them() -> None:
    jaw = action_index("jawOpen")
    half = [drawn(256, coefficients=performing(jaw, far)) for far in (0.0, 0.05, 0.1, 0.6)]
    for drawing in half:
        mouth = drawing.region == MOUTH
        squares = mouth[1:, 1:] & mouth[:-1, 1:] & mouth[1:, :-1] & mouth[:-1, :-1]
        in_one = np.zeros_like(mouth)
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            in_one[down : down + 255, right : right + 255] |= squares
        assert (in_one == mouth).all()
    assert (half[-1].region == MOUTH).sum() > 20
    # What the mesh shows between shut lips moves as the lips do.
    slits = [d for d in half[:3] if (MODEL.region[d.covered.triangle] == MOUTH).any()]
    assert slits
    for result in slits:
        flow = flow_between(MODEL, result, drawn(256))
        inside = np.zeros(256 * 256, bool)
        inside[result.covered.at] = MODEL.region[result.covered.triangle] == MOUTH
        shut = inside.reshape(256, 256) & (result.region == SKIN)
        assert not flow.hidden[shut].any()
