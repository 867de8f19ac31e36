"""The camera: where points fall, and what of its picture a framing keeps."""

import numpy as np
import pytest

from hyperreenact_core.heads.camera import Camera, Framing, frame_face
from hyperreenact_core.heads.meshes import Floats

EYES = {33: (-0.45, 0.1), 133: (-0.15, 0.1), 362: (0.15, 0.1), 263: (0.45, 0.1)}


def make_face() -> Floats:
    """A face of 1.4 by 1.8 dm around (0.2, 8, 1), whose eyes lie 0.1 above its middle."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (468, 3)) * (0.7, 0.9, 0)
    points[10], points[152] = (0, 0.9, 0), (0, -0.9, 0)
    points[234], points[454] = (-0.7, 0, 0), (0.7, 0, 0)
    for index, xy in EYES.items():
        points[index, :2] = xy
    return (points + np.array([0.2, 8, 1])).astype(np.float32)


FACE = make_face()


def spans(camera: Camera, size: int = 100) -> tuple[Floats, Floats]:
    """The least and the greatest x and y of the face in the picture."""
    xy, _ = camera.project(FACE, size)
    return xy.min(0), xy.max(0)


def test_depth_is_the_distance_along_the_view() -> None:
    camera = frame_face(FACE, 12.0, Framing())
    _, depth = camera.project(np.array([[0.2, 8.1, 1], [3, 5, -2], [0, 0, 4]], np.float32), 64)
    np.testing.assert_allclose(depth, [12, 15, 9], atol=1e-5)
    np.testing.assert_allclose(camera.eye, [0.2, 8.1, 13], atol=1e-5)


@pytest.mark.parametrize("distance", [4.0, 10.0, 30.0])
@pytest.mark.parametrize("side", [1.2, 1.9, 3.0])
def test_the_face_is_as_large_as_the_framing_says(distance: float, side: float) -> None:
    low, high = spans(frame_face(FACE, distance, Framing(side, (0.0, 0.0))))
    assert (high - low).max() == pytest.approx(100 / side, rel=1e-3)
    np.testing.assert_allclose((low + high) / 2, 50, atol=0.05)


def test_a_shift_moves_the_picture_and_so_the_face_the_other_way() -> None:
    framings = (Framing(2.0, (0.0, 0.0)), Framing(2.0, (0.1, -0.2)))
    plain, shifted = (spans(frame_face(FACE, 10.0, framing))[0] for framing in framings)
    # The face's extent is half of the picture: a tenth of it are 5 pixels.
    np.testing.assert_allclose(shifted - plain, [-5, 10], atol=0.02)


def test_y_of_the_picture_runs_downwards_and_x_to_the_right() -> None:
    camera = frame_face(FACE, 10.0, Framing())
    (middle, right, above), _ = camera.project(
        np.array([[0.2, 8, 1], [0.6, 8, 1], [0.2, 8.4, 1]], np.float32), 100
    )
    assert right[0] > middle[0] + 5
    assert right[1] == pytest.approx(middle[1], abs=1e-3)
    assert above[1] < middle[1] - 5


def test_pixels_count_from_the_corner_at_every_size() -> None:
    camera = frame_face(FACE, 10.0, Framing())
    small, large = (camera.project(FACE, size)[0] for size in (64, 512))
    np.testing.assert_allclose(large, 8 * small, rtol=1e-4, atol=1e-3)


def test_what_is_nearer_is_larger_and_the_more_so_from_close_by() -> None:
    bars = np.array([[0, 8, 1], [0.4, 8, 1], [0, 8, 2], [0.4, 8, 2]], np.float32)
    ratios: list[float] = []
    for distance in (4.0, 30.0):
        (a, b, c, d), _ = frame_face(FACE, distance, Framing()).project(bars, 100)
        ratios.append(float((d - c)[0] / (b - a)[0]))
    assert ratios == pytest.approx([4 / 3, 30 / 29], rel=1e-4)


def test_the_view_is_between_the_near_and_the_far_plane() -> None:
    for distance in (4.0, 30.0):
        camera = frame_face(FACE, distance, Framing())
        for z in (1.0 + min(distance - 0.6, 2.0), -20.0):
            clip = camera.matrix @ np.array([0.2, 8, z, 1])
            assert -1 < clip[2] / clip[3] < 1
