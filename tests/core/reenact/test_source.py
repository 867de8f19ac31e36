"""From a picture to a source face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError, NoFaceError
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.face.search import in_picture, searched
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.source import SourceFace, analyse_source, analyse_sources
from hyperreenact_core.reenact.views import crop_rule
from hyperreenact_core.types import FaceReading
from tests.core.reenact.tiny import SIZE, face_points, picture, save_tiny_set

HOST = LocalHost(device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def source(models: LoadedSet) -> SourceFace:
    return analyse_source(picture(width=80, height=100), models, HOST)


def test_shapes_and_ranges(source: SourceFace, models: LoadedSet):
    assert source.picture.shape == (100, 80, 3)
    assert source.crop.image.shape == source.reconstruction.shape == (3, SIZE, SIZE)
    assert source.identity.w_plus.shape == (1, 8, 16)
    assert source.identity.appearance.shape == (1, 8, 7, 7)
    assert source.identity.id_embedding.norm() == pytest.approx(1.0, abs=1e-5)
    assert source.reconstruction.abs().max() <= 1
    tensors = [*vars(source.identity).values(), source.reconstruction, source.crop.image]
    assert all(t.dtype == torch.float32 and t.device.type == "cpu" for t in tensors)


def test_the_crop_lies_where_the_landmarks_are(source: SourceFace, models: LoadedSet):
    rule = crop_rule(models.settings)
    low, high = source.crop.landmarks.amin(0), source.crop.landmarks.amax(0)
    assert float((high - low).max()) == pytest.approx(SIZE / (2 * rule.scale), rel=1e-3)
    # Half the crop up from the landmarks' middle, scale halves make the side.
    middle = (low + high) / 2
    assert float(middle[0]) == pytest.approx(SIZE / 2, abs=1e-2)
    assert float(middle[1]) == pytest.approx(SIZE / 2 + SIZE / (2 * rule.scale) / 6, abs=1e-2)


def test_psi_zero_is_the_mean_face_and_psi_one_the_code_itself(models: LoadedSet):
    def code(psi: float | None) -> torch.Tensor:
        return analyse_source(picture(), models, HOST, truncation_psi=psi).identity.w_plus

    mean, whole = models.latent_avg.expand(1, 8, 16), code(1.0)
    torch.testing.assert_close(code(0.0), mean)
    torch.testing.assert_close(code(0.25), mean + 0.25 * (whole - mean))
    for of_the_set in (None, -1.0):
        torch.testing.assert_close(code(of_the_set), mean + 0.9 * (whole - mean))
    assert (whole - mean).abs().max() > 1e-3


def test_a_picture_without_a_face_is_named(models: LoadedSet):
    with pytest.raises(NoFaceError, match=r"me\.png shows no face"):
        analyse_source(picture(0), models, HOST, name="me.png")


class RedAbove:
    """A detector that finds a face in pictures with red at the top, and believes in green."""

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        top = frame[:8].astype(float).mean((0, 1))
        if top.max() < 100:
            return []
        points = face_points() * 30 + torch.tensor([20.0, 20.0])
        reading = FaceReading(
            points=torch.zeros(468, 2),
            spread=torch.ones(468),
            rotation=torch.eye(3),
            coefficients=torch.zeros(52),
            gaze=torch.zeros(2, 3),
            score=1.0,
        )
        return [FaceLandmarks(points, 0.9 if top[0] > 100 else 0.7, reading)]

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        raise AssertionError("a picture is no clip")


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_lying_picture_is_turned_until_its_face_stands(models: LoadedSet, turns: int):
    standing = np.full((100, 80, 3), 50, np.uint8)
    standing[:, :8] = 0, 200, 0
    standing[:8] = 200, 0, 0
    given = np.ascontiguousarray(np.rot90(standing, -turns))
    source = analyse_source(given, models, HOST, detector=RedAbove())
    assert source.turns == turns
    assert np.array_equal(source.picture, standing)
    assert np.array_equal(source.as_given(source.picture), given)


class SureAndUnsure(RedAbove):
    """Two faces side by side in wide pictures, one of them unsure; one face in tall ones."""

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        red = np.zeros_like(frame)
        red[:8] = 200, 0, 0
        face = super().detect(red)[0]
        if frame.shape[0] > frame.shape[1]:
            return [face]
        other = replace(face, landmarks=face.landmarks * 0.8 + torch.tensor([60.0, 0.0]), score=0.6)
        return [other, face]


def test_an_unsure_face_beside_a_sure_one_is_found(models: LoadedSet):
    wide = np.full((64, 120, 3), 90, np.uint8)
    unsure = analyse_source(wide, models, HOST, detector=SureAndUnsure(), choice=1)
    both = analyse_sources(wide, models, HOST, detector=SureAndUnsure())
    assert [source.crop.score for source in both] == [0.9, 0.6]
    assert torch.equal(unsure.crop.image, both[1].crop.image)


def test_a_face_that_is_not_there_and_a_senseless_psi_are_refused(models: LoadedSet):
    with pytest.raises(InputError, match=r"me\.png: face number 99"):
        analyse_source(picture(), models, HOST, name="me.png", choice=99)
    for psi in (-1.1, 1.5, float("nan")):
        with pytest.raises(InputError, match="psi"):
            analyse_source(picture(), models, HOST, truncation_psi=psi)


def test_half_precision_draws_closely_and_changes_nothing_of_the_identity(
    models: LoadedSet, source: SourceFace
):
    half = analyse_source(source.picture, models, LocalHost(device="cpu", dtype=torch.bfloat16))
    for mine, expected in zip(
        vars(half.identity).values(), vars(source.identity).values(), strict=True
    ):
        assert torch.equal(mine, expected)
    assert not torch.equal(half.reconstruction, source.reconstruction)
    torch.testing.assert_close(half.reconstruction, source.reconstruction, atol=0.05, rtol=0.1)


def test_a_crop_from_a_reduced_picture_points_into_the_whole_one(models: LoadedSet):
    settings = replace(models.settings, crop_whole_pixels=True)
    large = np.zeros((600, 1500, 3), np.uint8)
    reduced = searched(large, crop_rule(settings))
    assert reduced.shape == (400, 1000, 3)
    assert searched(large, crop_rule(models.settings)) is large
    source = analyse_source(picture(width=80, height=100), models, HOST)
    moved = in_picture(source.crop, picture=large, searched=reduced)
    point = torch.tensor([300.0, 150.0, 1.0], dtype=torch.float64)
    half = torch.tensor([200.0, 100.0, 1.0], dtype=torch.float64)
    torch.testing.assert_close(moved.crop_from_frame @ point, source.crop.crop_from_frame @ half)
