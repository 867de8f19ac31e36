"""The optional detector, with a stand-in for the package it wraps."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from hyperreenact_core.errors import InputError, ModelError
from hyperreenact_core.face.insight_detect import InsightConfig, InsightFaceDetector

PICTURE = np.zeros((48, 64, 3), np.uint8)
PICTURE[..., 0] = 200


class FakeAnalysis:
    """Finds two faces, the less certain one first, in pictures that are red in BGR order."""

    made: dict[str, object]
    has_landmarks = True

    def __init__(self, **options: object) -> None:
        FakeAnalysis.made = options
        self.models = {"detection": 0} | ({"landmark_3d_68": 0} if self.has_landmarks else {})

    def prepare(self, **options: object) -> None:
        FakeAnalysis.made |= options

    def get(self, picture: np.ndarray) -> list[SimpleNamespace]:
        assert picture.flags.c_contiguous
        assert picture[0, 0].tolist() == [0, 0, 200]
        points = np.stack([np.arange(68), np.arange(68), np.zeros(68)], 1)
        return [
            SimpleNamespace(landmark_3d_68=points, det_score=np.float32(0.6)),
            SimpleNamespace(landmark_3d_68=points + 10, det_score=np.float32(0.9)),
        ]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, and the package installed."""
    app = ModuleType("insightface.app")
    app.FaceAnalysis = FakeAnalysis
    monkeypatch.setitem(sys.modules, "insightface", ModuleType("insightface"))
    monkeypatch.setitem(sys.modules, "insightface.app", app)
    (tmp_path / "models/buffalo_l").mkdir(parents=True)
    (tmp_path / "models/buffalo_l/det_10g.onnx").touch()
    return tmp_path


def test_faces_come_in_our_order_and_coordinates(root: Path):
    detector = InsightFaceDetector(config=InsightConfig(root=root))
    first, second = detector.detect(PICTURE)
    assert (first.score, second.score) == (pytest.approx(0.9), pytest.approx(0.6))
    assert first.landmarks.shape == (68, 2)
    assert first.landmarks[3].tolist() == [13.5, 13.5]
    followed = detector.track(PICTURE, second)
    assert followed is not None
    assert followed.score == second.score
    made = FakeAnalysis.made
    assert (made["name"], made["root"]) == ("buffalo_l", str(root))
    assert made["providers"] == ["CPUExecutionProvider"]
    assert (made["ctx_id"], made["det_size"]) == (-1, (640, 640))


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "insightface", None)
    monkeypatch.setitem(sys.modules, "insightface.app", None)
    with pytest.raises(InputError) as caught:
        InsightFaceDetector(config=InsightConfig(root=Path("/somewhere")))
    message = str(caught.value)
    assert "pip install insightface onnxruntime" in message
    assert str(Path("/somewhere/models/buffalo_l")) in message
    assert "\n" not in message
    assert "non-commercial" in message


def test_missing_models_are_not_fetched_unasked(root: Path):
    (root / "models/buffalo_l/det_10g.onnx").unlink()
    FakeAnalysis.made = {}
    with pytest.raises(ModelError, match=r"no models in .*buffalo_l: unpack https://.*non-comm"):
        InsightFaceDetector(config=InsightConfig(root=root))
    assert FakeAnalysis.made == {}


def test_a_pack_without_landmarks_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FakeAnalysis, "has_landmarks", False)
    with pytest.raises(ModelError, match="find no 68 landmarks"):
        InsightFaceDetector(config=InsightConfig(root=root))
