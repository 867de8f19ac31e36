"""Tables, contact sheet and result files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperreenact_core.errors import OutputError
from hyperreenact_core.evaluation.metrics import METRICS, READ_METRICS
from hyperreenact_core.evaluation.output import check_outputs, png_bytes
from hyperreenact_core.evaluation.pairs import sample_pairs
from hyperreenact_core.evaluation.report import Report
from hyperreenact_core.evaluation.sheet import SheetRow, chosen_pairs, contact_sheet
from hyperreenact_core.whole_files import write_whole


def report(**values: float | None) -> Report:
    """Two rows that differ in the given metrics: `worse` is 1 everywhere."""
    worse: dict[str, float | None] = {metric.name: 1.0 for metric in METRICS}
    other = {**worse, **values}
    subsets = ("all", "extreme")
    return Report(
        settings={"model_set": "tiny", "pairs": 8},
        counts={kind: {"all": 8, "extreme": 2} for kind in ("self", "cross")},
        rows={
            name: {kind: dict.fromkeys(subsets, figures) for kind in ("self", "cross")}
            for name, figures in (("worse", worse), ("other", other))
        },
        reference={
            kind: {s: dict.fromkeys(READ_METRICS, 0.5) for s in subsets}
            for kind in ("self", "cross")
        },
    )


def table_rows(markdown: str, name: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith(f"| {name} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")][1:] for line in lines]


def test_json_nests_row_kind_subset_metric() -> None:
    parsed = json.loads(report(psnr=20.5, gaze_deg=None).to_json())
    assert parsed["rows"]["other"]["cross"]["extreme"]["psnr"] == 20.5
    assert parsed["rows"]["other"]["self"]["all"]["gaze_deg"] is None
    assert parsed["counts"]["cross"] == {"all": 8, "extreme": 2}
    assert parsed["settings"]["model_set"] == "tiny"
    assert set(parsed["reference"]["self"]["all"]) == set(READ_METRICS)


def test_the_best_value_of_a_column_is_bold_whichever_way_is_better() -> None:
    markdown = report(psnr=20.5, head_pose_deg=1.5, gaze_deg=0.25).to_markdown()
    names = [metric.name for metric in METRICS]
    others, worse = table_rows(markdown, "other"), table_rows(markdown, "worse")
    assert len(others) == len(worse) == 4
    for mine, theirs in zip(others, worse, strict=True):
        assert mine[names.index("psnr")] == "**20.50**"
        assert theirs[names.index("psnr")] == "1.00"
        assert mine[names.index("head_pose_deg")] == "1.50"
        assert theirs[names.index("head_pose_deg")] == "**1.00**"
        assert mine[names.index("gaze_deg")] == "**0.25**"
        # Equal in print: both are best.
        assert mine[names.index("ssim")] == theirs[names.index("ssim")] == "**1.000**"


def test_reference_and_missing_values_are_never_bold() -> None:
    markdown = report(gaze_deg=None).to_markdown()
    assert table_rows(markdown, "*true images*")[0] == [
        f"{0.5:.{metric.digits}f}" if metric.name in READ_METRICS else "" for metric in METRICS
    ]
    assert table_rows(markdown, "other")[0][-1] == ""
    assert table_rows(markdown, "worse")[0][-1] == "**1.00**"


def test_shown_pairs_are_half_extreme() -> None:
    pairs = sample_pairs("self", 40, first_identity=0, seed=0)
    shown = chosen_pairs(pairs, 6)
    assert shown == sorted(set(shown))
    assert sum(pairs[k].is_extreme for k in shown) == 3
    only_extreme = [pair for pair in pairs if pair.is_extreme]
    assert chosen_pairs(only_extreme, 5) == [0, 1, 2, 3, 4]
    assert chosen_pairs([pair for pair in pairs if not pair.is_extreme], 5) == [0, 1, 2, 3, 4]


def test_contact_sheet_shows_every_picture_with_captions_and_labels() -> None:
    colours = {"source": (250, 0, 0), "ours": (0, 0, 250)}
    pictures = {name: np.full((20, 20, 3), colour, np.uint8) for name, colour in colours.items()}
    sheet = contact_sheet([SheetRow("self", pictures), SheetRow("cross\nextreme", pictures)])
    for colour in colours.values():
        assert (sheet == np.array(colour)).all(-1).sum() == 2 * 20 * 20
    first_row, first_column = np.argwhere((sheet == np.array(colours["source"])).all(-1)).min(0)
    assert (sheet[:first_row] < 128).any()  # captions
    assert (sheet[first_row:, :first_column] < 128).any()  # labels


def test_files_appear_whole_and_leave_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sheet.png"
    check_outputs([path])
    assert not path.exists()
    write_whole(path, png_bytes(np.zeros((4, 6, 3), np.uint8)))
    with Image.open(path) as image:
        assert image.size == (6, 4)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    check_outputs([path])
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["sheet.png"]


def test_outputs_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        check_outputs([file / "results.json"])
    with pytest.raises(OutputError, match="is a folder"):
        check_outputs([tmp_path])
    with pytest.raises(OutputError, match="named for two results"):
        check_outputs([tmp_path / "a.json", tmp_path / "." / "a.json"])
