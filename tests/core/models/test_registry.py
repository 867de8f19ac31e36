from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hyperreenact_core.errors import ModelError
from hyperreenact_core.models.kinds import NETWORKS, PUBLISHED_KINDS
from hyperreenact_core.models.registry import find_set, load_registry, registry_path
from hyperreenact_core.models.settings import load_settings
from hyperreenact_core.models.store import SHIPPED_WEIGHTS


@pytest.fixture
def raw() -> dict[str, Any]:
    return yaml.safe_load(registry_path().read_text(encoding="utf-8"))


def refusal(raw: object, tmp_path: Path) -> str:
    path = tmp_path / "models_registry.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_registry(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_the_starter_set_ships_every_network_under_a_free_licence():
    starter = find_set("starter", load_registry())
    assert starter is not None
    assert starter.shipped
    assert not starter.needs_conversion
    assert starter.licence == "Apache-2.0"
    assert {file.role for file in starter.files} == set(NETWORKS) - {
        "s3fd",
        "fan",
        "pose",
        "landmarks",
    }
    assert all(file.name == f"{file.role}.safetensors" for file in starter.files)


def test_what_ships_is_free_for_any_use_and_learned_from_no_picture_of_a_person():
    for known in load_registry():
        if known.shipped:
            assert known.licence in {"Apache-2.0", "CC0-1.0", "MIT"}
            assert "Free for any use" in known.terms
            assert "No pictures of real people" in known.terms


def test_the_weights_that_ship_take_45_mb_at_most():
    files = [path for path in SHIPPED_WEIGHTS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 45e6


def test_the_published_set_is_fetched_by_the_user_and_converted():
    published = find_set("voxceleb-256", load_registry())
    assert published is not None
    assert not published.shipped
    assert published.needs_conversion
    assert published.licence_url is None
    assert {file.role for file in published.files} == set(PUBLISHED_KINDS)


def test_an_unknown_id_is_none():
    assert find_set("nothing", load_registry()) is None


def test_the_registry_tells_the_truth_about_shipped_weights():
    for entry in load_registry():
        folder = SHIPPED_WEIGHTS / entry.id
        if entry.shipped and folder.is_dir():
            assert load_settings(folder).resolution == entry.resolution
            sizes = {file.name: file.size for file in entry.files if file.size is not None}
            assert sizes == {name: (folder / name).stat().st_size for name in sizes}


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("resolution",), "128", "set 'starter'.resolution must be int"),
        (("resolution",), -1, "set 'starter': resolution must be positive"),
        (("shipped",), 1, "set 'starter'.shipped must be bool"),
        (("licence_url",), 3, "set 'starter'.licence_url must be str"),
        (("colour",), "red", "set 'starter' has unknown colour"),
        (("files",), [], "set 'starter': files must not be empty"),
        (("shipped",), False, "set 'starter': generator, e4e"),
        (("id",), "../up", "set '../up': id must be a plain folder name"),
        (("files", 0, "sha256"), "abc", "set 'starter'.files[0]: generator: sha256"),
        (("files", 0, "size"), 0, "set 'starter'.files[0]: generator: size"),
        (("files", 0, "url"), "http://x", "set 'starter'.files[0]: generator: url"),
        (("files", 0, "name"), "../x", "set 'starter'.files[0]: generator: name"),
        (("files", 0, "role"), "brain", "set 'starter'.files[0].role is 'brain'"),
        (("files", 0, "format"), "pickle", "set 'starter'.files[0].format is 'pickle'"),
        (("files", 1, "role"), "generator", "set 'starter': role generator stands more than once"),
        (("files", 1, "name"), "generator.safetensors", "file name generator.safetensors stands"),
    ],
)
def test_a_wrong_entry_is_named(raw, tmp_path, where: tuple[Any, ...], value: object, said: str):
    table: Any = raw["sets"][0]
    for step in where[:-1]:
        table = table[step]
    table[where[-1]] = value
    assert said in refusal(raw, tmp_path)


def test_missing_fields_and_repeated_sets_are_named(raw, tmp_path):
    repeated = {"sets": [raw["sets"][0], raw["sets"][0]]}
    assert "set 'starter' stands more than once" in refusal(repeated, tmp_path)
    del raw["sets"][0]["terms"]
    assert "set 'starter' lacks terms" in refusal(raw, tmp_path)
    del raw["sets"][0]["id"]
    assert "set no. 1 lacks id, terms" in refusal(raw, tmp_path)


@pytest.mark.parametrize("raw", [None, [], {}, {"sets": {}}, {"sets": [], "more": 1}, "text"])
def test_a_file_without_a_list_of_sets_is_refused(raw: object, tmp_path: Path):
    assert "one list named sets" in refusal(raw, tmp_path)


def test_broken_and_missing_files_are_refused(tmp_path: Path):
    path = tmp_path / "models_registry.yaml"
    with pytest.raises(ModelError, match="cannot read the model registry"):
        load_registry(path)
    path.write_text("sets: [", encoding="utf-8")
    with pytest.raises(ModelError, match="not valid YAML"):
        load_registry(path)
