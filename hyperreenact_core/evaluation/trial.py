"""One kind of pairs: every contestant answers, every answer is judged, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..imaging import u8_from_tensor
from .artist import Artist
from .gallery import Gallery
from .judges import Judges, Opinion
from .metrics import Answer, Means, Scores, compared_scores, means, read_scores
from .pairs import Kind, Pair
from .rows import ROWS, Contestants
from .sheet import SheetRow, chosen_pairs, row_label

_NOT_SHOWN = ("source", "ours_shuffled_pose")
"""Contestants without a column of their own in the contact sheet."""


@dataclass(frozen=True)
class Jury:
    """The judging networks and the people they know."""

    judges: Judges
    gallery: Gallery

    def scores(
        self, result: Tensor, truth: Tensor, *, truth_opinion: Opinion, answer: Answer
    ) -> Scores:
        """All metrics of B results."""
        opinion = self.judges.look(result)
        compared = compared_scores(
            result, truth, result_opinion=opinion, truth_opinion=truth_opinion
        )
        return {**compared, **read_scores(opinion, answer, self.gallery)}


@dataclass(frozen=True)
class TrialResult:
    """Figures of one kind of pairs.

    extreme: whether each pair is. rows: contestant -> means. reference: of the true images.
    """

    extreme: tuple[bool, ...]
    rows: Mapping[str, Means]
    reference: Means
    sheet: tuple[SheetRow, ...]


def run_trial(
    kind: Kind,
    pairs: Sequence[Pair],
    *,
    artist: Artist,
    contestants: Contestants,
    jury: Jury,
    batch_size: int,
    sheet_pairs: int,
) -> TrialResult:
    """Try all contestants on the pairs; `sheet_pairs` of them are kept to be shown."""
    shown = chosen_pairs(pairs, sheet_pairs)
    scores: dict[str, list[Scores]] = {row: [] for row in ROWS}
    reference: list[Scores] = []
    sheet: list[SheetRow] = []
    for start in range(0, len(pairs), batch_size):
        batch = pairs[start : start + batch_size]
        source = artist.draw([pair.source for pair in batch])
        # The first pair of all is preceded by the last one.
        driving = artist.draw([pair.driving for pair in (pairs[start - 1], *batch)])
        # Driven by the same person, the driving picture is the true one.
        truth = driving[1:] if kind == "self" else artist.draw([pair.truth for pair in batch])
        task = contestants.task(source, driving)
        results = {name: row(contestants, task) for name, row in ROWS.items()}

        answer = Answer.of(batch, truth.device)
        opinion = jury.judges.look(truth)
        reference.append(read_scores(opinion, answer, jury.gallery))
        for name, result in results.items():
            scores[name].append(jury.scores(result, truth, truth_opinion=opinion, answer=answer))

        columns = {"source": source, "driving": driving[1:], "truth": truth}
        columns |= {name: results[name] for name in results if name not in _NOT_SHOWN}
        for k in (k - start for k in shown if start <= k < start + len(batch)):
            pictures = {name: u8_from_tensor(stack[k][None])[0] for name, stack in columns.items()}
            sheet.append(SheetRow(label=row_label(kind, batch[k]), pictures=pictures))

    extreme = tuple(pair.is_extreme for pair in pairs)
    return TrialResult(
        extreme=extreme,
        rows={row: means(batches, extreme) for row, batches in scores.items()},
        reference=means(reference, extreme),
        sheet=tuple(sheet),
    )
