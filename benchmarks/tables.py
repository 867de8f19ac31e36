"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_STAGES = ("appearance encoder", "pose encoder", "hypernetwork", "generator", "total", "detail")
_MB = 1e6


def report(figures: Mapping[str, Any]) -> str:
    """All tables, with a line that says what was measured where."""
    paths: Mapping[str, Any] = figures["paths"]
    threads = next(iter(paths.values()))["threads"]
    parts = [
        f"{figures['weights']}, {figures['device']}, {threads} thread(s), torch "
        f"{figures['torch']}, {figures['clock']} time, medians of {figures['runs']} runs. "
        "The reference draws frame by frame.",
        _speed(paths),
        _source(paths),
        _memory(paths),
        _errors(paths),
    ]
    return "\n\n".join(parts) + "\n"


def _speed(paths: Mapping[str, Any]) -> str:
    """Milliseconds a frame: one line a path, number format and batch."""
    frame = paths["reference fp32"]["batches"]["1"]["stages"]["total"]
    rows: list[list[str]] = []
    for name, figures in paths.items():
        for batch, measured in figures["batches"].items():
            if name.startswith("reference") and batch != "1":
                continue
            stages = measured["stages"]
            times = [f"{stages[stage]:.1f}" if stage in stages else "-" for stage in _STAGES]
            rows.append([name, batch, *times, f"{frame / stages['total']:.1f}x"])
    return _table(["ms a frame", "batch", *_STAGES, "speed"], rows)


def _source(paths: Mapping[str, Any]) -> str:
    """Milliseconds once per source."""
    rows = [[name, *_source_times(figures["source"])] for name, figures in paths.items()]
    return _table(["once per source, ms", "encoders", "styles", "detail"], rows)


def _source_times(stages: Mapping[str, float]) -> list[str]:
    names = ("source: encoders", "source: styles", "source: detail")
    return [f"{stages[name]:.0f}" if name in stages else "-" for name in names]


def _memory(paths: Mapping[str, Any]) -> str:
    """Megabytes; peaks without interpreter and libraries, the worst one over the weights."""
    rows: list[list[str]] = []
    for name, figures in paths.items():
        weights, base = figures["weights"], figures["base"]
        peaks = {"loading": figures["peak_loading"], "source": figures["peak_source"]}
        peaks |= {f"batch {n}": m["peak"] for n, m in figures["batches"].items()}
        own = {label: peak - base for label, peak in peaks.items()}
        batches = ", ".join(
            f"{label.removeprefix('batch ')}: {_mb(own[label])}"
            for label in own
            if label.startswith("batch")
        )
        rows.append(
            [
                name,
                _mb(base),
                _mb(weights),
                _mb(own["loading"]),
                _mb(own["source"]),
                batches,
                f"{max(own.values()) / weights:.2f}",
            ]
        )
    head = ["MB", "libraries", "weights", "peak loading", "source", "drawing, by batch"]
    return _table([*head, "worst / weights"], rows)


def _errors(paths: Mapping[str, Any]) -> str:
    """How far the pictures are from those of the reference."""
    rows = [
        [name, f"{figures['error']['largest']:.1e}", f"{100 * figures['error']['relative']:.3f} %"]
        for name, figures in paths.items()
        if not name.startswith("reference")
    ]
    return _table(["against the reference", "largest / range", "relative (root mean square)"], rows)


def _mb(size: float) -> str:
    return f"{size / _MB:.0f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
