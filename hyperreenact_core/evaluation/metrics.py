"""What is measured, one value a picture, and the means over the subsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ..heads.performance import rotation
from ..networks.pose_state import gaze_of
from ..networks.rotation import euler_from_matrix
from ..quality import feature_distance, psnr, ssim
from .gallery import Gallery
from .judges import JudgeEstimate
from .pairs import Pair

Subset = Literal["all", "extreme"]
SUBSETS: tuple[Subset, ...] = ("all", "extreme")


@dataclass(frozen=True)
class Metric:
    """title: column of the tables, with the unit; digits: decimals printed."""

    name: str
    title: str
    better: Literal["higher", "lower"]
    digits: int
    meaning: str


METRICS = (
    Metric("psnr", "PSNR (dB)", "higher", 2, "peak signal-to-noise ratio against the true image"),
    Metric("ssim", "SSIM", "higher", 3, "structural similarity with the true image"),
    Metric(
        "perceptual",
        "perceptual",
        "lower",
        3,
        "distance from the true image between unit-length features of the judging recogniser's "
        "stages, squared, summed over the stages",
    ),
    Metric(
        "identity_cosine",
        "identity cosine",
        "higher",
        3,
        "cosine of the judging recogniser's embeddings of result and true image",
    ),
    Metric(
        "identity_rank1",
        "identity rank-1",
        "higher",
        3,
        "part of the results whose nearest person in the gallery is the source",
    ),
    Metric(
        "head_pose_deg",
        "head pose (deg)",
        "lower",
        2,
        "mean absolute difference of yaw, pitch and roll between what the judging pose network "
        "reads in the result and the exact driving pose",
    ),
    Metric(
        "expression",
        "expression",
        "lower",
        3,
        "mean absolute error of the 52 expression coefficients, read and exact as above",
    ),
    Metric(
        "gaze_deg",
        "gaze (deg)",
        "lower",
        2,
        "angle between where the eyes look in the head, by coefficients read and exact as above",
    ),
)
READ_METRICS = ("identity_rank1", "head_pose_deg", "expression", "gaze_deg")
"""Metrics that do not compare with the true image: on that image itself they give the judges'
own error."""

Scores = Mapping[str, Tensor]
"""Values [B] of each metric on the CPU; NaN where a picture cannot be judged."""


@dataclass(frozen=True)
class GroundTruth:
    """What is exactly known of the true image of B pairs.

    angles_deg: [B, 3]; expression: [B, 52]; people: [B] identity seeds of the sources.
    """

    angles_deg: Tensor
    expression: Tensor
    people: Tensor

    @staticmethod
    def of(pairs: Sequence[Pair], device: torch.device) -> GroundTruth:
        moments = [pair.driving.moment.performance for pair in pairs]
        turns = torch.from_numpy(np.stack([rotation(moment) for moment in moments])).float()
        expressions = torch.from_numpy(np.stack([moment.expression for moment in moments]))
        return GroundTruth(
            angles_deg=torch.stack(euler_from_matrix(turns), dim=1).to(device),
            expression=expressions.to(device),
            people=torch.tensor([pair.source.person for pair in pairs], device=device),
        )


def read_scores(estimate: JudgeEstimate, ground_truth: GroundTruth, gallery: Gallery) -> Scores:
    """READ_METRICS of B pictures."""
    error = (estimate.expression - ground_truth.expression).abs()
    scores = {
        "identity_rank1": gallery.rank1(estimate.embedding, ground_truth.people),
        "head_pose_deg": (estimate.angles_deg - ground_truth.angles_deg).abs().mean(1),
        "expression": error.mean(1),
        "gaze_deg": gaze_error_deg(estimate.expression, ground_truth.expression),
    }
    return {name: value.cpu() for name, value in scores.items()}


def gaze_error_deg(read: Tensor, exact: Tensor) -> Tensor:
    """[B] angle between where the eyes look in the head, by coefficients [B, 52]; of both eyes."""
    ahead = torch.eye(3, device=read.device).expand(len(read), 3, 3)
    mine, true = (gaze_of(ahead, coefficients) for coefficients in (read, exact))
    chord = (mine - true).norm(dim=-1)
    return (2 * torch.asin((chord / 2).clamp(max=1))).rad2deg().mean(1)


def compared_scores(
    result: Tensor, truth: Tensor, *, result_estimate: JudgeEstimate, truth_estimate: JudgeEstimate
) -> Scores:
    """The other metrics: B results against their true images, [B, 3, R, R] in [-1, 1]."""
    scores = {
        "psnr": psnr(result, truth),
        "ssim": ssim(result, truth),
        "perceptual": feature_distance(result_estimate.taps, truth_estimate.taps),
        "identity_cosine": (result_estimate.embedding * truth_estimate.embedding).sum(1),
    }
    return {name: value.cpu() for name, value in scores.items()}


Means = Mapping[Subset, Mapping[str, "float | None"]]
"""subset -> metric -> mean; None where the subset has no picture that can be judged."""


def joined(batches: Sequence[Scores]) -> Scores:
    """The scores of all pairs of one kind, float64 [N], in the order of METRICS."""
    names = [metric.name for metric in METRICS if metric.name in batches[0]]
    return {name: torch.cat([scores[name] for scores in batches]).double() for name in names}


def means(scores: Scores, extreme: Sequence[bool]) -> Means:
    """Average the scores of all pairs of one kind; extreme: [N], in their order."""
    mask = torch.tensor(extreme)
    chosen: dict[Subset, Tensor] = {"all": torch.ones_like(mask), "extreme": mask}
    return {
        subset: {name: known_mean(values[chosen[subset]]) for name, values in scores.items()}
        for subset in SUBSETS
    }


def known_mean(values: Tensor) -> float | None:
    """Mean of the values that are not NaN; None where there is none."""
    known = values[~values.isnan()]
    return float(known.mean()) if len(known) else None
