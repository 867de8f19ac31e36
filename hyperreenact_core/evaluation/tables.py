"""Tables of reports in Markdown: a title and right-aligned figures."""

from __future__ import annotations

from collections.abc import Sequence


def table_head(titles: Sequence[str]) -> list[str]:
    """The first lines of a table whose columns are titled so, beside that of the rows' titles."""
    return [table_line("", titles), "|---|" + "---:|" * len(titles)]


def table_line(title: str, cells: Sequence[str]) -> str:
    """A row."""
    return f"| {' | '.join([title, *cells])} |"


def figure(value: float | None, digits: int) -> str:
    """A cell; empty where nothing was measured."""
    return "" if value is None else f"{value:.{digits}f}"
