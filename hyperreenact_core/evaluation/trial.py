"""One kind of pairs: every method runs, every result is judged, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..imaging import u8_from_tensor
from .failures import FIGURES, Failure, failure_label, worst
from .gallery import Gallery
from .judges import JudgeEstimate, Judges
from .metrics import GroundTruth, Means, Scores, compared_scores, joined, means, read_scores
from .pairs import Kind, Pair
from .rows import MethodTools, Row
from .scene_renderer import SceneRenderer
from .sheet import SheetRow, chosen_pairs, row_label
from .turns import TurnCurves, turn_curves

_NOT_SHOWN = ("source", "ours_shuffled_pose")
"""Methods without a column of their own in the contact sheet."""
_FAILURES_OF = "ours"


@dataclass(frozen=True)
class Judging:
    """The judging networks and the people they know."""

    judges: Judges
    gallery: Gallery

    def scores(
        self,
        result: Tensor,
        truth: Tensor,
        *,
        truth_estimate: JudgeEstimate,
        ground_truth: GroundTruth,
    ) -> Scores:
        """All metrics of B results."""
        estimate = self.judges.look(result)
        compared = compared_scores(
            result, truth, result_estimate=estimate, truth_estimate=truth_estimate
        )
        return {**compared, **read_scores(estimate, ground_truth, self.gallery)}


@dataclass(frozen=True)
class TrialResult:
    """Figures of one kind of pairs.

    extreme: whether each pair is. rows: method -> means. reference: of the true images.
    turns: the same by yaw difference. failures: the worst pairs of ours, the worst first.
    """

    extreme: tuple[bool, ...]
    rows: Mapping[str, Means]
    reference: Means
    turns: TurnCurves
    sheet: tuple[SheetRow, ...]
    failures: tuple[Failure, ...]


def run_trial(
    kind: Kind,
    pairs: Sequence[Pair],
    rows: Mapping[str, Row],
    *,
    renderer: SceneRenderer,
    tools: MethodTools,
    judging: Judging,
    batch_size: int,
    sheet_pairs: int,
) -> TrialResult:
    """Try all methods on the pairs; `sheet_pairs` of them are kept to be shown."""
    shown = chosen_pairs(pairs, sheet_pairs)
    scores: dict[str, list[Scores]] = {row: [] for row in rows}
    reference: list[Scores] = []
    sheet: list[SheetRow] = []
    failures: tuple[Failure, ...] = ()
    for start in range(0, len(pairs), batch_size):
        batch = pairs[start : start + batch_size]
        source = renderer.draw([pair.source for pair in batch])
        # The first pair of all is preceded by the last one.
        driving = renderer.draw([pair.driving for pair in (pairs[start - 1], *batch)])
        # Driven by the same person, the driving picture is the true one.
        truth = driving[1:] if kind == "self" else renderer.draw([pair.truth for pair in batch])
        task = tools.task(source, driving)
        results = {name: row(tools, task) for name, row in rows.items()}

        ground_truth = GroundTruth.of(batch, truth.device)
        estimate = judging.judges.look(truth)
        reference.append(read_scores(estimate, ground_truth, judging.gallery))
        for name, result in results.items():
            scores[name].append(
                judging.scores(result, truth, truth_estimate=estimate, ground_truth=ground_truth)
            )

        columns = {"source": source, "driving": driving[1:], "truth": truth}
        failed = _failures(kind, batch, scores[_FAILURES_OF][-1], columns, results[_FAILURES_OF])
        failures = worst((*failures, *failed))
        columns |= {name: results[name] for name in results if name not in _NOT_SHOWN}
        for k in (k - start for k in shown if start <= k < start + len(batch)):
            pictures = {name: u8_from_tensor(stack[k][None])[0] for name, stack in columns.items()}
            sheet.append(SheetRow(label=row_label(kind, batch[k]), pictures=pictures))

    extreme = tuple(pair.is_extreme for pair in pairs)
    all_scores = {row: joined(batches) for row, batches in scores.items()}
    true_scores = joined(reference)
    return TrialResult(
        extreme=extreme,
        rows={row: means(values, extreme) for row, values in all_scores.items()},
        reference=means(true_scores, extreme),
        turns=turn_curves([pair.turn_deg for pair in pairs], all_scores, true_scores),
        sheet=tuple(sheet),
        failures=failures,
    )


def _failures(
    kind: Kind,
    batch: Sequence[Pair],
    scores: Scores,
    columns: Mapping[str, Tensor],
    result: Tensor,
) -> list[Failure]:
    """All pairs of a batch as they would stand on the failure sheet."""
    stacks = [u8_from_tensor(stack) for stack in (*columns.values(), result)]
    return [
        Failure(
            label=failure_label(kind, pair),
            figures=tuple(float(scores[name][k]) for name in FIGURES),
            pictures=tuple(stack[k] for stack in stacks),
        )
        for k, pair in enumerate(batch)
    ]
