"""Scores of one method on driven clips, gathered batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .estimator import FaceEstimate
from .frechet import Moments, frechet_distance
from .metrics import gaze_error_deg, known_mean
from .outside import VIDEO_FRAMES, Features, OutsideJudges


@dataclass(frozen=True)
class Comparison:
    """B results beside what drives them.

    result, target: [B, 3, R, R] in [-1, 1]. seen, wanted: what is read in them. person: [B, E]
    embeddings of the source pictures.
    """

    result: Tensor
    target: Tensor
    seen: FaceEstimate
    wanted: FaceEstimate
    person: Tensor


class ClipScores:
    """Means over frames; FID and FVD over all results against all driving frames.

    truthful: the driving frames are what results should look like. gaze: it can be read.
    """

    def __init__(self, outside: OutsideJudges, *, truthful: bool, gaze: bool) -> None:
        self._lpips = outside.lpips if truthful else None
        self._truthful, self._gaze = truthful, gaze
        self._values: dict[str, list[Tensor]] = {}
        self._pictures = _Distance(outside.fid) if truthful and outside.fid else None
        self._films = _Films(outside.fvd) if truthful and outside.fvd else None

    def add(self, comparison: Comparison) -> None:
        """One batch; batches of one clip come in its order."""
        c = comparison
        face = (c.seen.expression - c.wanted.expression).abs()
        self._keep("csim", (c.seen.embedding * c.person).sum(1))
        self._keep("apd", (c.seen.angles_deg - c.wanted.angles_deg).abs().mean(1))
        self._keep("aed", face.mean(1))
        if self._gaze:
            self._keep("gaze", gaze_error_deg(c.seen.expression, c.wanted.expression))
        if self._truthful:
            # Values lie 2 apart at most: halved, L1 is a part of the range from black to white.
            self._keep("l1", (c.result - c.target).abs().mean((1, 2, 3)) / 2)
        if self._lpips is not None:
            self._keep("lpips", self._lpips(c.result, c.target))
        if self._pictures is not None:
            self._pictures.add(c.result, c.target)
        if self._films is not None:
            self._films.add(c.result, c.target)

    def end_clip(self) -> None:
        """The next batch belongs to another clip."""
        if self._films is not None:
            self._films.end()

    def means(self) -> dict[str, float | None]:
        """Metric -> mean, or None where nothing could be measured; absent where it has no sense."""
        means = {name: known_mean(torch.cat(parts)) for name, parts in self._values.items()}
        if self._pictures is not None:
            means["fid"] = self._pictures.value()
        if self._films is not None:
            means["fvd"] = self._films.value()
        return means

    def _keep(self, name: str, values: Tensor) -> None:
        self._values.setdefault(name, []).append(values.double().cpu())


class _Distance:
    """Fréchet distance of results from targets."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._results, self._targets = Moments(), Moments()

    def add(self, result: Tensor, target: Tensor) -> None:
        self._results.add(self._features(result))
        self._targets.add(self._features(target))

    def value(self) -> float | None:
        return frechet_distance(self._results, self._targets)


class _Films:
    """The same of films of VIDEO_FRAMES frames in a row; what is left of a clip is dropped."""

    def __init__(self, features: Features) -> None:
        self._distance = _Distance(features)
        self._waiting: list[tuple[Tensor, Tensor]] = []

    def add(self, result: Tensor, target: Tensor) -> None:
        self._waiting += zip(result.cpu(), target.cpu(), strict=True)
        while len(self._waiting) >= VIDEO_FRAMES:
            film, self._waiting = self._waiting[:VIDEO_FRAMES], self._waiting[VIDEO_FRAMES:]
            results, targets = zip(*film, strict=True)
            self._distance.add(torch.stack(results), torch.stack(targets))

    def end(self) -> None:
        self._waiting.clear()

    def value(self) -> float | None:
        return self._distance.value()
