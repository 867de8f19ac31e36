"""Tables of numbers in text: a header, then a row a frame."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..whole_files import write_whole

Column = NDArray[np.float64]

_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """name: of the file. columns: the cells by column, whose names are in lower case.

    lines: the number in the file of each row, from 1.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)

    def filled(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """[rows] whether a row says anything in these columns."""
        told = [self.columns[name] for name in names if name in self.columns]
        return np.array([any(column[row].strip() for column in told) for row in range(len(self))])

    def numbers(self, name: str, rows: Sequence[int]) -> Column:
        """Some rows of a column; InputError that names the cell which is no finite number."""
        return np.array([self._number(name, row) for row in rows], np.float64)

    def check_rising(self, times: Column) -> None:
        """InputError that names the row whose time lies before that of the row above."""
        falls = np.flatnonzero(np.diff(times) < 0)
        if len(falls):
            raise InputError(
                f"{self.name}, line {self.lines[falls[0] + 1]}: its time lies before that of the "
                "frame above; sort the rows by time"
            )

    def _number(self, name: str, row: int) -> float:
        cell = self.columns[name][row].strip()
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"{self.name}, line {self.lines[row]}, column {name}: {cell!r} is no number; "
                "correct it there"
            )
        return value


def read_table(path: Path) -> Table:
    """Read a table that commas, semicolons or tabs separate; InputError where it is none.

    With semicolons a comma in a number is the decimal point, as spreadsheets have it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as text ({error}); export it again") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path.name} is no table ({error}); export it again") from error
    if len(rows) < 2:
        raise InputError(f"{path.name} holds no frame: it needs a header and a row for every frame")
    names = [name.strip().lower() for name in rows[0][1]]
    if double := {name for name in names if name and names.count(name) > 1}:
        raise InputError(f"{path.name} has two columns {min(double)!r}; take one of them out")
    cells: list[list[str]] = []
    for line, row in rows[1:]:
        if any(cell.strip() for cell in row[len(names) :]):
            raise InputError(
                f"{path.name}, line {line}: {len(row)} values for {len(names)} columns; "
                "export it again"
            )
        own = row[: len(names)] + [""] * (len(names) - len(row))
        cells.append([cell.replace(",", ".") for cell in own] if separator == ";" else own)
    columns = {name: [row[at] for row in cells] for at, name in enumerate(names)}
    return Table(path.name, columns, [line for line, _ in rows[1:]])


def write_table(path: Path, columns: Mapping[str, Sequence[str | float]]) -> None:
    """Write columns of equal length, with six decimals; OutputError where that fails."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([cell if isinstance(cell, str) else f"{cell:.6f}" for cell in row])
    write_whole(path, text.getvalue().encode())
