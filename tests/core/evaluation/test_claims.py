"""The tables of the claims, and the file they are put into."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.evaluation.claims import CLAIMS, claim_tables
from hyperreenact_core.evaluation.metrics import METRICS, READ_METRICS
from hyperreenact_core.evaluation.report import Report
from hyperreenact_core.evaluation.results_file import check_marks, renew

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results.md"


def report(*rows: str) -> Report:
    subsets, kinds = ("all", "extreme"), ("self", "cross")
    return Report(
        settings={"model_set": "tiny", "pairs": 8},
        counts={kind: {"all": 8, "extreme": 2} for kind in kinds},
        rows={
            row: {
                kind: {
                    subset: {m.name: 10.0 * at + (subset == "extreme") for m in METRICS}
                    for subset in subsets
                }
                for kind in kinds
            }
            for at, row in enumerate(rows)
        },
        reference={
            kind: {subset: dict.fromkeys(READ_METRICS, 0.5) for subset in subsets} for kind in kinds
        },
    )


def test_each_claim_shows_its_rows_and_says_what_was_not_measured() -> None:
    tables = claim_tables(report("inversion", "latent_edit", "ours", "no_state"))
    assert set(tables) == {"settings", "flicker", *(claim.name for claim in CLAIMS)}
    assert "| ours | 20.000 |" in tables["one_step"]
    assert "| ours | 21.000 |" in tables["one_step_large_pose"]
    assert "Not measured: refine_then_edit, refine_then_edit_5, hyperinverter" in tables["one_step"]
    # Without a network trained as long as the ablations, ours stands for it.
    assert "| ours | 20.000 | 20.00 |" in tables["state"]
    assert "| no_state | 30.000 | 30.00 |" in tables["state"]
    assert "| *true images* |  | 0.50 | 0.500 |" in tables["state"]
    assert "Not measured" not in tables["state"]
    assert tables["flicker"] == "Not measured."
    assert tables["settings"] == "model_set tiny, pairs 8"


def test_the_full_ablation_is_the_reference_where_it_was_trained() -> None:
    table = claim_tables(report("ours", "full", "no_state"))["state"]
    assert "| full | 10.000 |" in table
    assert "| ours |" not in table


def test_baselines_stand_beside_ours_and_beside_ours_trained_as_long_as_they() -> None:
    table = claim_tables(report("latent_edit", "ours", "full"))["one_step"]
    assert [line.split(" | ")[0] for line in table.splitlines()[2:5]] == [
        "| latent_edit",
        "| full",
        "| ours",
    ]
    assert claim_tables(report("latent_edit", "ours"))["one_step"].count("| ours |") == 1


def test_renewing_changes_the_parts_alone_and_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text(
        "# Mine\n<!-- begin a -->\nold\n<!-- end a -->\nbetween\n"
        "<!-- begin b -->\nstays\n<!-- end b -->\nend\n"
    )
    renew(path, {"a": "new\n", "elsewhere": "x"})
    once = path.read_text()
    assert once == (
        "# Mine\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nbetween\n"
        "<!-- begin b -->\nstays\n<!-- end b -->\nend\n"
    )
    renew(path, {"a": "new"})
    assert path.read_text() == once


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- begin a -->\nopen",
        "<!-- end a -->\n<!-- begin a -->",
        "<!-- begin a -->\n<!-- begin b -->\n<!-- end b -->\n<!-- end a -->",
        "<!-- begin a -->\n<!-- end a -->\n<!-- begin a -->\n<!-- end a -->",
    ],
)
def test_files_with_no_or_unpaired_marks_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.md"
    path.write_text(text)
    with pytest.raises(InputError, match=r"results\.md has no parts"):
        check_marks(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        check_marks(tmp_path / "none.md")


def test_the_results_in_the_docs_have_a_place_for_every_table() -> None:
    assert set(check_marks(RESULTS)) == set(claim_tables(report("ours")))
