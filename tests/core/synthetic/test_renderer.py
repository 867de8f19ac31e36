"""Pictures, landmarks and masks agree with one another and with the parameters."""

import cv2
import numpy as np
import pytest

from hyperreenact_core.synthetic.camera import FaceFraming, portrait_viewport, project
from hyperreenact_core.synthetic.eyes import Lids
from hyperreenact_core.synthetic.figure import build_figure, pose_figure
from hyperreenact_core.synthetic.landmarks import surface_landmarks
from hyperreenact_core.synthetic.parameters import (
    HAIR_STYLES,
    Environment,
    Expression,
    Identity,
    Pose,
)
from hyperreenact_core.synthetic.renderer import Rendering, render
from hyperreenact_core.synthetic.sampling import (
    sample_environment,
    sample_expression,
    sample_identity,
    sample_pose,
)
from hyperreenact_core.synthetic.surfaces import Material
from hyperreenact_core.synthetic.visibility import visible_fragments

BARE = next(
    identity
    for identity in map(sample_identity, range(100))
    if identity.hair.style == "short" and identity.glasses is None and not identity.beard.is_full
)
"""A person with nothing in front of the face."""


def _random(seed: int, *, size: int = 64, framing: FaceFraming | None = None) -> Rendering:
    rng = np.random.default_rng(seed)
    return render(
        sample_identity(seed),
        sample_expression(rng),
        sample_pose(rng),
        sample_environment(rng),
        size=size,
        framing=framing,
    )


def _plain(
    expression: Expression, pose: Pose | None = None, *, size: int = 96, **options: object
) -> Rendering:
    return render(BARE, expression, pose or Pose(), Environment(), size=size, **options)


def test_same_parameters_same_picture():
    first, second = _random(3), _random(3)
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)


def test_shapes_and_types():
    rendering = _random(1, size=40)
    assert rendering.image.shape == (40, 40, 3)
    assert rendering.image.dtype == np.uint8
    assert rendering.landmarks.shape == (68, 2)
    assert rendering.landmarks.dtype == np.float32
    assert rendering.head_mask.shape == rendering.face_mask.shape == (40, 40)
    assert rendering.head_mask.dtype == bool


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_hair_style_renders(style: str):
    identity = next(i for i in map(sample_identity, range(400)) if i.hair.style == style)
    rendering = render(identity, Expression(), Pose(yaw_deg=30), Environment(), size=64)
    hair = rendering.head_mask & ~rendering.face_mask
    if identity.hair.has_shell:
        assert hair.mean() > 0.05
    assert 0.08 < rendering.face_mask.mean() < 0.6


def test_landmarks_are_in_ibug_order():
    points = _plain(Expression(jaw=0.6)).landmarks
    x, y = points.T
    assert (np.diff(x[:17]) > 0).all()  # jaw from the picture's left to its right
    assert np.argmax(y[:17]) == 8  # chin lowest
    assert (np.diff(x[17:27]) > 0).all()
    assert (np.diff(y[27:31]) > 0).all()
    assert (np.diff(x[31:36]) > 0).all()
    for first in (36, 42):
        corner, upper, lower = points[first], points[first + 1], points[first + 5]
        assert corner[0] < upper[0] < points[first + 3][0]
        assert upper[1] < lower[1]
    assert x[48] < x[51] < x[54]
    assert y[51] < y[62] < y[66] < y[57]
    # Symmetric parameters, symmetric points.
    mirrored = 96 - x
    np.testing.assert_allclose(x[[36, 39, 48, 31]], mirrored[[45, 42, 54, 35]], atol=0.05)


def test_landmarks_lie_on_the_face():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        pose = Pose(yaw_deg=rng.uniform(-30, 30), pitch_deg=rng.uniform(-15, 15))
        rendering = _plain(sample_expression(rng), pose)
        # Brows may reach under the hair.
        column, row = np.floor(rendering.landmarks[27:]).astype(int).T
        assert rendering.face_mask[row, column].all()


def test_pose_moves_the_nose_as_documented():
    still = _plain(Expression()).landmarks
    centre = still[[36, 45]].mean(0)
    assert (_plain(Expression(), Pose(yaw_deg=30)).landmarks - still)[30, 0] > 5
    assert (_plain(Expression(), Pose(pitch_deg=20)).landmarks - still)[30, 1] > 2
    rolled = _plain(Expression(), Pose(roll_deg=20)).landmarks
    assert rolled[45, 1] < rolled[36, 1] - 5  # counter-clockwise: the right eye rises
    shifted = _plain(Expression(), Pose(shift_x=0.1, shift_y=0.1)).landmarks
    assert (shifted[[36, 45]].mean(0) - centre)[0] > 2
    assert (shifted[[36, 45]].mean(0) - centre)[1] < -2


def test_expressions_move_their_landmarks():
    still = _plain(Expression()).landmarks
    jaw = _plain(Expression(jaw=1)).landmarks
    assert jaw[66, 1] - jaw[62, 1] > 4
    assert (jaw - still)[8, 1] > 4
    smile = _plain(Expression(smile=1)).landmarks
    assert (smile[54, 0] - smile[48, 0]) > (still[54, 0] - still[48, 0]) + 2
    brows = _plain(Expression(brow_left=1)).landmarks
    assert (brows - still)[24, 1] < -1.5  # the subject's left brow is at the picture's right
    assert abs((brows - still)[19, 1]) < 0.2
    blink = _plain(Expression(blink_left=1)).landmarks
    assert blink[47, 1] - blink[43, 1] < 0.3 * (still[47, 1] - still[43, 1])
    np.testing.assert_allclose(blink[36:42], still[36:42], atol=1e-4)


def _seen_materials(
    identity: Identity, expression: Expression, pose: Pose, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """[size, size] materials (255 = background) and the landmarks in the same pixels."""
    figure = build_figure(identity)
    posed, lids = pose_figure(figure, expression, pose), Lids.of(identity.eyes, expression)
    viewport = portrait_viewport(pose)
    fragments, material, _ = visible_fragments(posed, viewport, lids=lids, size=size)
    picture = np.full(size * size, 255, np.uint8)
    picture[fragments.pixel] = material
    head = posed.vertices[: len(figure.head)]
    points = surface_landmarks(head, lids=lids, brows=identity.brows, lips=identity.lips)
    return picture.reshape(size, size), viewport.pixels(project(points), size=size)


def test_eyes_and_mouth_show_only_through_their_openings():
    """No eyeball, tooth or flesh pierces the skin around it, whatever the head."""
    size, stray = 192, []
    eyes, mouth = (range(36, 42), range(42, 48)), (range(48, 60),)
    openings = {
        (Material.EYE,): eyes,
        (Material.TEETH, Material.TONGUE): mouth,
        (Material.CAVITY,): (*eyes, *mouth),
    }
    for seed in range(40):
        rng = np.random.default_rng(seed)
        picture, points = _seen_materials(
            sample_identity(seed), sample_expression(rng), sample_pose(rng), size
        )
        for materials, outlines in openings.items():
            allowed = np.zeros((size, size), np.uint8)
            for outline in outlines:
                hull = cv2.convexHull(np.round(points[list(outline)]).astype(np.int32))
                cv2.fillConvexPoly(allowed, hull, 1)
            allowed = cv2.dilate(allowed, np.ones((7, 7), np.uint8))
            stray.append((np.isin(picture, materials) & (allowed == 0)).sum())
    assert max(stray) < 12
    assert np.mean(stray) < 1


def test_a_blink_hides_the_eyes():
    seen, _ = _seen_materials(BARE, Expression(), Pose(), 192)
    hidden, _ = _seen_materials(BARE, Expression(blink_left=1, blink_right=1), Pose(), 192)
    assert (seen == Material.EYE).sum() > 150
    assert (hidden == Material.EYE).sum() == 0


def test_nothing_is_seen_through_an_open_mouth():
    within = (Material.SKIN, Material.TEETH, Material.TONGUE, Material.CAVITY, Material.GLASSES)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        pose = Pose(yaw_deg=rng.uniform(-45, 45), pitch_deg=rng.uniform(-25, 25))
        picture, points = _seen_materials(sample_identity(seed), Expression(jaw=1), pose, 192)
        inside = np.zeros_like(picture)
        lips = cv2.convexHull(np.round(points[60:68]).astype(np.int32))
        cv2.fillConvexPoly(inside, lips, 1)
        inside = cv2.erode(inside, np.ones((3, 3), np.uint8))
        assert np.isin(picture[inside == 1], within).all(), f"seed {seed}, {pose}"


def test_masks_nest_and_leave_out_the_shirt():
    rendering = _plain(Expression())
    assert not (rendering.face_mask & ~rendering.head_mask).any()
    assert not rendering.head_mask[-6:].any()
    centre = rendering.landmarks.mean(0).astype(int)
    assert rendering.face_mask[centre[1], centre[0]]


def _framed_square(points: np.ndarray, framing: FaceFraming) -> tuple[float, float, float]:
    """Left, top and side of the aligner's square, from the formula of the contract."""
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    extent = max(x1 - x0, y1 - y0)
    half = framing.scale * extent
    x = (x0 + x1) / 2 + framing.jitter_x * half
    y = (y0 + y1) / 2 - framing.up * extent + framing.jitter_y * half
    half *= 1 + framing.jitter_scale
    return x - half, y - half, 2 * half


@pytest.mark.parametrize(
    "framing", [FaceFraming(), FaceFraming(0.7, 0.1, jitter_x=0.1, jitter_y=-0.2, jitter_scale=0.1)]
)
def test_framing_equals_cutting_from_the_portrait(framing: FaceFraming):
    size = 64
    for seed in (0, 4):
        portrait, framed = _random(seed, size=320), _random(seed, size=size, framing=framing)
        left, top, side = _framed_square(portrait.landmarks, framing)
        expected = (portrait.landmarks - [left, top]) * (size / side)
        np.testing.assert_allclose(framed.landmarks, expected, atol=0.02)
        # Only what lies in the portrait can be compared; the framed picture goes on beyond it.
        scale = size / side
        matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
        matrix[:, 2] += (scale - 1) / 2  # OpenCV counts from pixel centres
        cut = cv2.warpAffine(
            cv2.GaussianBlur(portrait.image, (0, 0), 0.4 / scale), matrix, (size, size)
        )
        inside = cv2.warpAffine(np.full((320, 320), 255, np.uint8), matrix, (size, size)) == 255
        error = np.abs(cut.astype(int) - framed.image)[inside].mean()
        assert error < 6


def test_a_beard_does_not_move_the_head_model():
    bearded = next(i for i in map(sample_identity, range(200)) if i.beard.is_full)
    figure = build_figure(bearded)
    posed = pose_figure(figure, Expression(), Pose())
    skin = posed.vertices[: len(figure.head)]
    assert np.abs(skin - posed.head).max() > 0.01


def test_light_comes_from_its_side():
    def brightness(azimuth: float) -> tuple[float, float]:
        environment = Environment(light_azimuth_deg=azimuth, ambient=0.3)
        rendering = render(BARE, Expression(), Pose(), environment, size=64)
        grey = np.where(rendering.face_mask, rendering.image.mean(-1), np.nan)
        return float(np.nanmean(grey[:, :32])), float(np.nanmean(grey[:, 32:]))

    left, right = brightness(60)
    assert right > left + 10
    left, right = brightness(-60)
    assert left > right + 10
