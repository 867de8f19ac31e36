"""Face detector of the optional insightface package; nothing of it is imported or fetched unasked.

Its code is free, its models are not: they may be used for non-commercial research only.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import InputError, ModelError
from ..imaging import ImageU8
from .found import FaceLandmarks
from .given import nearest

MODELS_URL = "https://github.com/deepinsight/insightface/releases/download/v0.7/{}.zip"
_ROOT = Path("~/.insightface")
INSIGHT_TERMS = "its models are licensed for non-commercial research only"
_LANDMARKS = "landmark_3d_68"


@dataclass(frozen=True)
class InsightConfig:
    """Which models find the faces.

    pack: name of an insightface model pack. root: folder whose `models/<pack>/` holds its .onnx
    files; insightface's own if None. search_side: pictures are searched at this size, pixels.
    threshold: score from which something is a face.
    """

    pack: str = "buffalo_l"
    root: Path | None = None
    search_side: int = 640
    threshold: float = 0.5

    @property
    def folder(self) -> Path:
        """Where the pack's models lie."""
        return (self.root or _ROOT).expanduser() / "models" / self.pack


class InsightFaceDetector:
    """FaceDetector that asks insightface for boxes and 68 landmarks.

    Raises InputError where the package is not installed, ModelError where its models are missing.
    """

    def __init__(
        self, *, device: torch.device | str = "cpu", config: InsightConfig | None = None
    ) -> None:
        config = config or InsightConfig()
        analysis = _face_analysis(config)
        # insightface would fetch them without a word; their terms want to be accepted first.
        if not any(config.folder.glob("*.onnx")):
            raise ModelError(
                f"insightface has no models in {config.folder}: unpack "
                f"{MODELS_URL.format(config.pack)} there; {INSIGHT_TERMS}"
            )
        on_gpu = torch.device(device).type == "cuda"
        providers = ["CUDAExecutionProvider"] if on_gpu else []
        self._app: Any = analysis(
            name=config.pack,
            root=str(config.folder.parents[1]),
            allowed_modules=["detection", _LANDMARKS],
            providers=[*providers, "CPUExecutionProvider"],
        )
        if _LANDMARKS not in self._app.models:
            raise ModelError(
                f"insightface's models in {config.folder} find no 68 landmarks; use the pack "
                f"{InsightConfig.pack}; {INSIGHT_TERMS}"
            )
        self._app.prepare(
            ctx_id=0 if on_gpu else -1,
            det_thresh=config.threshold,
            det_size=(config.search_side, config.search_side),
        )

    def detect(self, frame: ImageU8) -> list[FaceLandmarks]:
        """All faces of a frame [H, W, 3], the most certain first."""
        bgr = np.ascontiguousarray(frame[..., ::-1])
        faces = [_face(found) for found in self._app.get(bgr)]
        return sorted(faces, key=lambda face: face.score, reverse=True)

    def track(self, frame: ImageU8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """The face nearest to `previous`; every frame is searched anew."""
        return nearest(self.detect(frame), previous)


def _face_analysis(config: InsightConfig) -> Any:
    try:
        return importlib.import_module("insightface.app").FaceAnalysis
    except ImportError as error:
        raise InputError(
            f"the insightface detector is not installed ({error}): pip install insightface "
            f"onnxruntime (the extra `faces`), and unpack {MODELS_URL.format(config.pack)} into "
            f"{config.folder}; {INSIGHT_TERMS}"
        ) from error


def _face(found: Any) -> FaceLandmarks:
    # Its third coordinate is a depth, which nothing here reads. Pixel centres are whole numbers
    # there and lie at one half here.
    points = np.asarray(found.landmark_3d_68, np.float32)[:, :2] + 0.5
    return FaceLandmarks(torch.from_numpy(points), float(found.det_score))
