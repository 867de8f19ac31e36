"""What the detector's cells should tell, what they are judged by, and what counts as found."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hyperreenact_core.face.found import FoundFace
from hyperreenact_core.networks.detector import Places, cells
from hyperreenact_core.training.detector.faces import Face
from hyperreenact_core.training.detector.figures import match
from hyperreenact_core.training.detector.losses import Weights, detection_losses, square_loss
from hyperreenact_core.training.detector.scenes import Scene, behind
from hyperreenact_core.training.detector.targets import targets_of


def face_at(x: float, y: float, side: float) -> Face:
    rng = np.random.default_rng(0)
    mesh = rng.uniform(-0.5, 0.5, (468, 2))
    mesh[:4] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]
    return Face((mesh * side + [x, y]).astype(np.float32), np.ones(468, bool))


def test_what_lies_before_a_face_hides_it() -> None:
    face, before = face_at(64, 64, 40), np.zeros((128, 128), np.uint8)
    before[:, :64] = 255
    half = behind(face, before)
    assert half.seen[face.mesh[:, 0] < 63].sum() == 0
    assert half.seen[face.mesh[:, 0] > 65].all()
    beyond = behind(face_at(0, 64, 40), np.zeros((128, 128), np.uint8))
    assert 0.3 < beyond.seen.mean() < 0.7


@pytest.mark.parametrize(("side", "stride"), [(16, 8), (30, 8), (64, 16), (130, 32), (300, 32)])
def test_the_cells_of_a_face_belong_to_its_size(side: float, stride: int) -> None:
    at = cells(128, 128)
    scene = Scene(np.zeros((128, 128, 3), np.uint8), [face_at(70, 61, side)])
    targets = targets_of([scene], at)
    own = at[targets.face[0] > 0]
    assert len(own) >= 1
    assert stride in own[:, 2].tolist()
    far = (own[:, :2] - torch.tensor([70.0, 61.0])).norm(dim=1)
    assert float(far.max()) <= max(0.17 * side, 0.75 * stride)
    assert float(targets.share.sum()) == pytest.approx(1)
    torch.testing.assert_close(
        targets.squares[0][targets.face[0] > 0][0], torch.tensor([70.0, 61, side])
    )
    assert int((targets.counts[0] == 0).sum()) > 0 or side < 20


def test_doubtful_faces_teach_nothing() -> None:
    at = cells(128, 128)
    scene = Scene(np.zeros((128, 128, 3), np.uint8), [], [face_at(64, 64, 60)])
    targets = targets_of([scene], at)
    assert float(targets.face.sum()) == 0
    middle = (at[:, :2] - 64).norm(dim=1) < 16
    assert float(targets.counts[0][middle].sum()) == 0


def test_the_truth_costs_nothing_and_errors_do() -> None:
    at = cells(128, 128)
    faces = [face_at(40, 50, 30), face_at(90, 80, 60)]
    targets = targets_of([Scene(np.zeros((128, 128, 3), np.uint8), faces)], at)
    sure = torch.where(targets.face > 0, 9.0, -9.0)
    exact = Places(sure, targets.squares, targets.points)
    losses = detection_losses(exact, targets, Weights())
    assert set(losses) == {"score", "square", "points"}
    for name, value in losses.items():
        assert float(value) < 1e-3, name
    worse = Places(-sure, targets.squares + 5, targets.points + 5)
    for name, value in detection_losses(worse, targets, Weights()).items():
        assert float(value) > 0.3, name


def test_squares_that_share_nothing_still_attract() -> None:
    truth = torch.tensor([[50.0, 50, 20]])
    near, far = (square_loss(torch.tensor([[x, 50.0, 20]]), truth) for x in (90, 120))
    assert float(far) > float(near) > 1


def test_finds_are_matched_once_and_doubtful_ones_are_not_false() -> None:
    faces, doubtful = [face_at(40, 50, 30), face_at(90, 80, 60)], [face_at(20, 110, 24)]
    scene = Scene(np.zeros((128, 128, 3), np.uint8), faces, doubtful)

    def find(x: float, y: float, side: float) -> FoundFace:
        return FoundFace((x, y, side), torch.zeros(5, 2), 0.9)

    finds = [find(41, 50, 32), find(42, 51, 31), find(20, 110, 25), find(100, 20, 20)]
    matches = match(scene, finds)
    assert [pair[1] for pair in matches.found] == finds[:1]
    assert len(matches.missed) == 1
    assert matches.false == [finds[1], finds[3]]
