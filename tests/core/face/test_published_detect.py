"""The detector of the published program, with stand-ins that see bright squares as faces."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from hyperreenact_core.face.published_detect import PublishedDetector, PublishedDetectorConfig
from hyperreenact_core.networks.fan import FAN, FANConfig
from hyperreenact_core.networks.s3fd import S3FD, LevelMaps, S3FDConfig

Square = tuple[int, int, int]
"""Left, top, side."""


class SquareFinder:
    """S3FD's place: red squares are faces, the larger the more certain."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def __call__(self, picture: Tensor) -> tuple[LevelMaps, ...]:
        self.seen.append(tuple(picture.shape))
        assert float(picture.min()) >= 0
        assert 100 < float(picture.max()) <= 255.001
        _, _, height, width = picture.shape
        levels: list[LevelMaps] = []
        for number in range(6):
            stride = 4 * 2**number
            h, w = height // stride, width // stride
            logits = torch.zeros(1, 2, h, w)
            logits[:, 1] = -9
            levels.append(LevelMaps(logits=logits, offsets=torch.zeros(1, 4, h, w)))
        red = (picture[0, 0] > 150) & (picture[0, 1] < 90)
        while red.any():
            y, x = (int(v) for v in red.nonzero()[0])
            width_seen = int(red[y, x:].long().cumprod(0).sum())
            height_seen = int(red[y:, x].long().cumprod(0).sum())
            red[y : y + height_seen, x : x + width_seen] = False
            if min(width_seen, height_seen) > 4:
                self._put(levels[1], x, y, width_seen, height_seen)
        return tuple(levels)

    def _put(self, level: LevelMaps, x: int, y: int, width: int, height: int) -> None:
        cx, cy = x + width / 2, y + height / 2
        row = min(int(cy // 8), level.logits.shape[2] - 1)
        column = min(int(cx // 8), level.logits.shape[3] - 1)
        level.logits[0, 1, row, column] = 1 + width / 50
        prior = ((column + 0.5) * 8, (row + 0.5) * 8)
        level.offsets[0, :, row, column] = torch.tensor(
            [
                (cx - prior[0]) / 3.2,
                (cy - prior[1]) / 3.2,
                5 * np.log(width / 32),
                5 * np.log(height / 32),
            ]
        )


class CornerFinder:
    """FAN's place: all points but two lie in the middle of the red, two in its corners."""

    def __init__(self) -> None:
        self.faces = 0

    def __call__(self, faces: Tensor) -> Tensor:
        assert faces.shape[1:] == (3, 256, 256)
        assert 0.5 < float(faces.max()) <= 1
        self.faces += len(faces)
        heatmaps = torch.zeros(len(faces), 68, 64, 64)
        for heatmap, face in zip(heatmaps, faces, strict=True):
            cells = torch.nonzero((face[0] > 0.6) & (face[1] < 0.35)) // 4
            low, high = cells.amin(0), cells.amax(0)
            heatmap[:, (low[0] + high[0]) // 2, (low[1] + high[1]) // 2] = 0.5
            heatmap[0, low[0], low[1]] = heatmap[1, high[0], high[1]] = 1
        return heatmaps


def picture(*squares: Square, width: int = 640, height: int = 360) -> np.ndarray:
    frame = np.full((height, width, 3), 120, np.uint8)
    for left, top, side in squares:
        frame[top : top + side, left : left + side] = (240, 10, 20)
    return frame


@pytest.fixture
def detector() -> PublishedDetector:
    return PublishedDetector(SquareFinder(), CornerFinder())


def test_faces_are_found_best_first(detector: PublishedDetector) -> None:
    faces = detector.detect(picture((60, 40, 64), (400, 150, 120)))
    assert len(faces) == 2
    assert faces[0].score > faces[1].score > 0.5
    for face, (left, top, side) in zip(faces, [(400, 150, 120), (60, 40, 64)], strict=True):
        assert face.landmarks.shape == (68, 2)
        assert face.landmarks.dtype == torch.float32
        expected = torch.tensor([left, top, left + side, top + side]).float()
        # A cell of the heat map is a thirtieth of the face.
        torch.testing.assert_close(torch.tensor(face.box), expected, atol=side / 20, rtol=0)
        assert torch.equal(face.landmarks, face.landmarks.trunc())


def test_large_pictures_are_searched_small_and_read_whole() -> None:
    s3fd = SquareFinder()
    config = PublishedDetectorConfig(max_side=480, whole_pixels=False)
    detector = PublishedDetector(s3fd, CornerFinder(), config=config)
    (face,) = detector.detect(picture((900, 300, 240), width=1920, height=1080))
    assert s3fd.seen == [(1, 3, 270, 480)]
    expected = torch.tensor([900.0, 300.0, 1140.0, 540.0])
    torch.testing.assert_close(torch.tensor(face.box), expected, atol=12, rtol=0)
    assert not torch.equal(face.landmarks, face.landmarks.trunc())


def test_a_face_is_followed_by_a_look_at_its_surroundings() -> None:
    s3fd, fan = SquareFinder(), CornerFinder()
    detector = PublishedDetector(s3fd, fan)
    before = detector.detect(picture((200, 100, 100), (480, 120, 110)))
    previous = next(face for face in before if face.centre[0] < 300)
    s3fd.seen.clear()
    fan.faces = 0
    followed = detector.track(picture((215, 108, 102), (480, 120, 110)), previous)
    assert followed is not None
    torch.testing.assert_close(
        torch.tensor(followed.box), torch.tensor([215.0, 108.0, 317.0, 210.0]), atol=6, rtol=0
    )
    assert s3fd.seen == [(1, 3, 256, 256)]
    assert fan.faces == 1


def test_a_face_that_jumped_is_searched_for_and_one_that_left_is_none() -> None:
    s3fd = SquareFinder()
    detector = PublishedDetector(s3fd, CornerFinder())
    (previous,) = detector.detect(picture((40, 40, 60)))
    followed = detector.track(picture((500, 200, 60)), previous)
    assert followed is not None
    assert abs(followed.centre[0] - 530) < 6
    assert detector.track(picture(), followed) is None


def test_a_mirror_image_beyond_the_border_is_no_face() -> None:
    """The square around a face at the border shows its mirror image too."""
    detector = PublishedDetector(SquareFinder(), CornerFinder())
    (previous,) = detector.detect(picture((8, 100, 80)))
    for left in (6, 4, 3):
        followed = detector.track(picture((left, 100, 80)), previous)
        assert followed is not None
        assert followed.centre[0] > 30
        previous = followed


def test_only_the_most_certain_faces_get_landmarks() -> None:
    fan = CornerFinder()
    detector = PublishedDetector(SquareFinder(), fan, config=PublishedDetectorConfig(max_faces=2))
    faces = detector.detect(picture((20, 20, 40), (200, 20, 60), (400, 20, 80)))
    assert [round(face.extent / 20) for face in faces] == [4, 3]
    assert fan.faces == 2


@pytest.mark.parametrize(("width", "height"), [(20, 20), (640, 10), (1, 1)])
def test_pictures_too_small_for_a_face_show_none(detector, width: int, height: int) -> None:
    assert detector.detect(picture(width=width, height=height)) == []


def test_the_networks_themselves_fit_in() -> None:
    torch.manual_seed(0)
    s3fd = S3FD(
        S3FDConfig(
            widths=(4, 4, 4, 8, 8), depths=(1, 1, 2, 1, 1), fc_width=8, extra=((4, 8), (4, 4))
        )
    ).eval()
    # Anything may be a face to a network that has learned nothing.
    with torch.no_grad():
        s3fd.get_submodule("conv5_1_norm_mbox_conf").bias.copy_(torch.tensor([0.0, 9.0]))
    fan = FAN(FANConfig(stem_channels=4, channels=8, stacks=1, depth=2)).eval()
    config = PublishedDetectorConfig(max_faces=3)
    faces = PublishedDetector(s3fd, fan, config=config).detect(picture((200, 100, 100)))
    assert 0 < len(faces) <= 3
    assert all(face.landmarks.isfinite().all() for face in faces)
