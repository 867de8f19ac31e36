"""What a run writes down: a CSV of mean losses and held-out figures, and the same for TensorBoard.

After a kill the log may know of more than the checkpoint; rows beyond it are dropped on resuming,
so that no step is counted twice.
"""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...imaging import ImageU8
from ...whole_files import whole_file
from .compute import INSTALL_HINT

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

logger = logging.getLogger(__name__)


class Board(Protocol):
    """Where rows are shown beside the CSV."""

    def row(self, step: int, values: Mapping[str, float]) -> None: ...

    def picture(self, step: int, grid: ImageU8) -> None: ...

    def close(self) -> None: ...


class TrainingLog:
    """Mean losses since the last row, beside the validation figures.

    first: step that the run goes on from. numbers: `numbers()` of the run that stopped there.
    """

    def __init__(
        self,
        path: Path,
        *,
        first: int = 0,
        numbers: Mapping[str, float] | None = None,
        board: Board | None = None,
    ) -> None:
        self._path, self._board = path, board
        numbers = numbers or {}
        self._sums = _below(numbers, "sum/")
        self._counts = _below(numbers, "count/")
        self._start = time.monotonic() - numbers.get("seconds", 0.0)
        rows = self._rows()
        kept = [row for row in rows if int(row["step"]) <= first]
        if len(kept) < len(rows):
            self._replace(kept)

    def add(self, losses: Mapping[str, float]) -> None:
        """Count one step's losses in."""
        for key, value in losses.items():
            self._sums[key] = self._sums.get(key, 0.0) + value
            self._counts[key] = self._counts.get(key, 0.0) + 1

    def write(self, step: int, figures: Mapping[str, float], grid: ImageU8 | None = None) -> None:
        """Add a row for the steps up to `step` and begin to count anew."""
        losses = {key: round(value / self._counts[key], 6) for key, value in self._sums.items()}
        losses |= {f"held_out_{key}": round(value, 6) for key, value in figures.items()}
        row = {"step": step, "seconds": round(self._seconds, 1)} | losses
        self._replace([*self._rows(), {key: str(value) for key, value in row.items()}])
        self._sums.clear()
        self._counts.clear()
        self._show(lambda board: board.row(step, losses))
        if grid is not None:
            self._show(lambda board: board.picture(step, grid))

    def numbers(self) -> dict[str, float]:
        """What a resumed run needs to go on as if it had never stopped."""
        return {
            "seconds": self._seconds,
            **{f"sum/{key}": value for key, value in self._sums.items()},
            **{f"count/{key}": value for key, value in self._counts.items()},
        }

    def close(self) -> None:
        """Finish what is shown."""
        self._show(lambda board: board.close())

    def _show(self, action: Callable[[Board], None]) -> None:
        """What is only to be looked at never ends a training: a board that fails is given up."""
        if self._board is None:
            return
        try:
            action(self._board)
        except (OSError, RuntimeError) as error:
            logger.warning("no more is shown in tensorboard, the log goes on: %s", error)
            self._board = None

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._start

    def _rows(self) -> list[dict[str, str]]:
        if not self._path.exists():
            return []
        with self._path.open(newline="") as file:
            return list(csv.DictReader(file))

    def _replace(self, rows: list[dict[str, str]]) -> None:
        """Write the file anew, whole or not at all."""
        # Losses come and go with the phases, so the header is the union of all rows.
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with whole_file(self._path) as part, part.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


def open_board(folder: Path, *, first: int) -> Board | None:
    """TensorBoard's files in `folder`, from step `first` on; None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        logger.warning("no tensorboard here, the log is the CSV alone; for it: %s", INSTALL_HINT)
        return None
    # Whatever a killed run had shown beyond its checkpoint is hidden.
    try:
        return _TensorBoard(SummaryWriter(str(folder), purge_step=first + 1))
    except OSError as error:
        logger.warning("nothing is shown in tensorboard, the log is the CSV alone: %s", error)
        return None


class _TensorBoard:
    def __init__(self, writer: SummaryWriter) -> None:
        self._writer = writer

    def row(self, step: int, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            held_out = key.removeprefix("held_out_")
            tag = f"losses/{key}" if held_out == key else f"held_out/{held_out}"
            self._writer.add_scalar(tag, value, step)
        self._writer.flush()

    def picture(self, step: int, grid: ImageU8) -> None:
        self._writer.add_image("samples", grid, step, dataformats="HWC")

    def close(self) -> None:
        self._writer.close()


def _below(numbers: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {k.removeprefix(prefix): v for k, v in numbers.items() if k.startswith(prefix)}
