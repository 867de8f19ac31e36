"""Scores, retrieval and means."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from hyperreenact_core.evaluation.gallery import Gallery, gallery_people
from hyperreenact_core.evaluation.judges import JudgeEstimate
from hyperreenact_core.evaluation.metrics import (
    METRICS,
    READ_METRICS,
    GroundTruth,
    compared_scores,
    joined,
    means,
    read_scores,
)
from hyperreenact_core.evaluation.pairs import sample_pairs
from hyperreenact_core.heads.expression import action_index
from hyperreenact_core.heads.performance import rotation
from hyperreenact_core.networks.rotation import euler_from_matrix

PAIRS = sample_pairs("cross", 4, first_identity=100, seed=0)
GROUND_TRUTH = GroundTruth.of(PAIRS, torch.device("cpu"))
GALLERY = Gallery(people=torch.tensor([100, 101, 102, 900]), embeddings=torch.eye(4))


def estimate(**changes: torch.Tensor) -> JudgeEstimate:
    """Judges that are always right: what they read is the ground_truth, each person has an axis."""
    right = JudgeEstimate(
        taps=[torch.ones(4, 2, 3, 3)],
        embedding=torch.eye(4),
        angles_deg=GROUND_TRUTH.angles_deg,
        expression=GROUND_TRUTH.expression,
    )
    return replace(right, **changes)


def test_a_perfect_result_has_no_error() -> None:
    truth = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    compared = compared_scores(truth, truth, result_estimate=estimate(), truth_estimate=estimate())
    read = read_scores(estimate(), GROUND_TRUTH, GALLERY)
    assert set(compared) | set(read) == {metric.name for metric in METRICS}
    assert set(read) == set(READ_METRICS)
    assert (compared["psnr"] > 100).all()
    torch.testing.assert_close(compared["ssim"], torch.ones(4))
    torch.testing.assert_close(compared["perceptual"], torch.zeros(4))
    torch.testing.assert_close(compared["identity_cosine"], torch.ones(4))
    for name in ("head_pose_deg", "expression", "gaze_deg"):
        torch.testing.assert_close(read[name], torch.zeros(4))


def test_answer_is_the_driving_pose_of_the_source_person() -> None:
    driving = PAIRS[2].driving.moment
    assert GROUND_TRUTH.people.tolist() == [100, 101, 102, 103]
    turn = torch.from_numpy(rotation(driving.performance))[None]
    torch.testing.assert_close(
        GROUND_TRUTH.angles_deg[2],
        torch.stack(euler_from_matrix(turn))[:, 0].float(),
    )
    torch.testing.assert_close(GROUND_TRUTH.expression[2], torch.tensor(driving.expression))


def test_head_pose_error_is_the_mean_of_the_three_angles() -> None:
    shift = torch.tensor([3.0, -6.0, 0.0])
    scores = read_scores(
        estimate(angles_deg=GROUND_TRUTH.angles_deg + shift), GROUND_TRUTH, GALLERY
    )
    torch.testing.assert_close(scores["head_pose_deg"], torch.full((4,), 3.0))


def test_gaze_error_is_in_degrees_and_counts_as_expression_too() -> None:
    exact = torch.zeros(4, 52)
    wrong = exact.clone()
    wrong[:, [action_index("eyeLookInLeft"), action_index("eyeLookOutRight")]] = 0.5
    wrong[:, action_index("jawOpen")] = 1.0
    ground_truth = replace(GROUND_TRUTH, expression=exact)
    scores = read_scores(estimate(expression=wrong), ground_truth, GALLERY)
    # Eyes turn sideways by 26 degrees at a coefficient of 1.
    torch.testing.assert_close(scores["gaze_deg"], torch.full((4,), 13.0))
    torch.testing.assert_close(scores["expression"], torch.full((4,), 2.0 / 52))


def test_rank1_asks_for_the_nearest_person_and_leaves_strangers_out() -> None:
    near_second = F.normalize(torch.tensor([[0.6, 0.7, 0.0, 0.0]]), dim=1).expand(4, -1)
    scores = GALLERY.rank1(near_second, GROUND_TRUTH.people)
    assert scores[:3].tolist() == [0.0, 1.0, 0.0]
    assert scores[3].isnan()  # person 103 is not enrolled


def test_gallery_holds_the_sources_first_and_is_filled_up() -> None:
    assert gallery_people(4, pairs=2, first_identity=10) == [10, 11, 100_010, 100_011]
    assert gallery_people(3, pairs=9, first_identity=10) == [10, 11, 12]


def test_means_are_taken_over_the_subsets_and_skip_what_is_not_judged() -> None:
    batches = [
        {"psnr": torch.tensor([10.0, 20.0]), "identity_rank1": torch.tensor([1.0, torch.nan])},
        {"psnr": torch.tensor([60.0]), "identity_rank1": torch.tensor([0.0])},
    ]
    scores = joined(batches)
    result = means(scores, [False, True, False])
    assert result["all"] == {"psnr": 30.0, "identity_rank1": 0.5}
    assert result["extreme"] == {"psnr": 20.0, "identity_rank1": None}
    assert means(scores, [False] * 3)["extreme"]["psnr"] is None
