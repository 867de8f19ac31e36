"""The linear head model's making: the shipped table is what the command makes of people today."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from hyperreenact_core.errors import InputError, OutputError
from hyperreenact_core.heads import linear_head
from hyperreenact_core.heads.linear_head import make_head_model, write_head_model

SHIPPED = Path(linear_head.__file__).parents[1] / "weights" / "head_model.safetensors"
PEOPLE = 85
"""A few more than the shapes that are kept."""


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    try:
        return make_head_model(people=PEOPLE)
    except InputError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def shipped() -> dict[str, np.ndarray]:
    return load_file(SHIPPED)


def test_a_remade_table_is_laid_out_as_the_shipped_one(
    made: dict[str, np.ndarray], shipped: dict[str, np.ndarray]
) -> None:
    assert {k: (v.shape, v.dtype) for k, v in made.items()} == {
        k: (v.shape, v.dtype) for k, v in shipped.items()
    }


def test_what_does_not_depend_on_people_is_the_same(
    made: dict[str, np.ndarray], shipped: dict[str, np.ndarray]
) -> None:
    for name in ("faces", "point_vertices", "action_counts", "action_vertices"):
        np.testing.assert_array_equal(made[name], shipped[name], err_msg=name)
    np.testing.assert_allclose(made["action_moves"], shipped["action_moves"], atol=2e-4)
    assert (made["region"] == shipped["region"]).mean() > 0.99


def test_fewer_people_have_nearly_the_same_mean(
    made: dict[str, np.ndarray], shipped: dict[str, np.ndarray]
) -> None:
    assert np.abs(made["mean"] - shipped["mean"]).max() < 0.1
    few, many = (np.linalg.norm(t["shapes"].astype("f4"), axis=2).mean() for t in (made, shipped))
    assert few == pytest.approx(many, rel=0.15)


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write_head_model(tmp_path / "file" / "x", {"mean": np.zeros(1)})


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    arrays = {"b": np.ones(3, np.float16), "a": np.zeros((2, 2), np.float32)}
    for name in ("one", "two"):
        write_head_model(tmp_path / name, arrays)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
