"""What the host is told of the nodes: complete for people, and never changed by accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from hyperreenact_core.cli.main import build_parser
from tests.nodes.imported import ROOT, Pack
from tests.nodes.texts import english_locale, english_page, page_path, read_locale
from tests.nodes.texts import own_schemas as own

FROZEN = Path(__file__).with_name("frozen_nodes.json")
"""Node ids, inputs and outputs that saved graphs rely on."""


def test_ids_inputs_and_outputs_are_the_frozen_ones(pack: Pack):
    """Adding is allowed (then add it to the list); renaming, moving or removing is not."""
    actual = {
        node_id: {
            "inputs": [
                [i.id, i.io_type, "optional" if i.optional else "required"] for i in s.inputs
            ],
            "outputs": [[o.id, o.io_type] for o in s.outputs],
        }
        for node_id, s in own(pack).items()
    }
    assert actual == json.loads(FROZEN.read_text("utf-8"))


def test_every_node_and_input_is_explained(pack: Pack):
    for node_id, schema in own(pack).items():
        assert schema.display_name, node_id
        assert schema.category.startswith("HyperReenact"), node_id
        assert len(schema.description) > 30, node_id
        assert schema.search_aliases, node_id
        for part in [*schema.inputs, *schema.outputs]:
            assert part.tooltip, f"{node_id}.{part.id}"


def test_defaults_are_valid(pack: Pack):
    for node_id, schema in own(pack).items():
        for wanted in schema.inputs:
            if wanted.is_widget and wanted.default is not None:
                assert wanted.check(wanted.default) is None, f"{node_id}.{wanted.id}"


@pytest.mark.parametrize(
    ("node_id", "name", "module", "literal"),
    [
        ("HyperReenact_AlignFace", "no_face", "choices", "MissingFace"),
        ("HyperReenact_Reenact", "no_face", "choices", "NoFacePolicy"),
        ("HyperReenact_AlignFace", "detector", "choices", "DetectorKind"),
        ("HyperReenact_ReenactFootage", "transfer", "reenact.knobs", "Transfer"),
        ("HyperReenact_ReenactFootage", "length", "reenact.knobs", "LengthRule"),
        ("HyperReenact_ReenactFootage", "sound", "reenact.knobs", "Sound"),
    ],
)
def test_choices_are_those_of_the_core(
    pack: Pack, node_id: str, name: str, module: str, literal: str
):
    schema = pack.classes[node_id].define_schema()
    options = next(i.options for i in schema.inputs if i.id == name)
    core = pack.part(f"hyperreenact_core.{module}")
    assert set(options) == set(get_args(getattr(core, literal)))


def test_sliders_are_those_of_the_puppet(pack: Pack):
    limits = pack.part("hyperreenact_core.reenact.puppet").PUPPET_LIMITS
    inputs = {i.id: i for i in pack.classes["HyperReenact_PuppetPose"].define_schema().inputs}
    assert {name: (inputs[name].min, inputs[name].max) for name in limits} == limits


def test_every_node_has_a_help_page_and_both_locales(pack: Pack):
    locales = {
        language: json.loads((ROOT / "locales" / language / "nodeDefs.json").read_text("utf-8"))
        for language in ("en", "zh")
    }
    for node_id, schema in own(pack).items():
        for language, nodes in locales.items():
            entry = nodes[node_id]
            assert entry["display_name"], (language, node_id)
            assert set(entry["inputs"]) == {i.id for i in schema.inputs}, (language, node_id)
            assert len(entry["outputs"]) == len(schema.outputs), (language, node_id)
            page = (ROOT / "web" / "docs" / node_id / f"{language}.md").read_text("utf-8")
            assert page.startswith(f"# {entry['display_name']}\n"), (language, node_id)
            assert f"]({node_id}/picture.jpg)" in page, (language, node_id)
            for wanted in [*schema.inputs, *schema.outputs]:
                assert f"| `{wanted.id}`" in page, f"{node_id}: {language} help: {wanted.id}"


def test_english_texts_are_those_of_the_schemas(pack: Pack):
    """Written once, in the schema; `python -m tests.nodes.texts` makes the files."""
    schemas, told = own(pack), read_locale("en")
    assert told == english_locale(schemas, told)
    for node_id, schema in schemas.items():
        page = page_path(node_id, "en").read_text("utf-8")
        assert page == english_page(node_id, schema, page), node_id


def test_chinese_help_calls_inputs_and_outputs_what_the_node_shows(pack: Pack):
    nodes = json.loads((ROOT / "locales" / "zh" / "nodeDefs.json").read_text("utf-8"))
    for node_id, schema in own(pack).items():
        entry = nodes[node_id]
        page = (ROOT / "web" / "docs" / node_id / "zh.md").read_text("utf-8")
        named = [(i.id, entry["inputs"][i.id]) for i in schema.inputs]
        named += [(o.id, entry["outputs"][str(k)]) for k, o in enumerate(schema.outputs)]
        for name, shown in named:
            assert f"| `{name}`\uff08{shown['name']}\uff09" in page, f"{node_id}: {name}"
            assert shown.get("tooltip", "") in page, f"{node_id}: {name}"


def test_the_licences_of_all_sets_are_shown(pack: Pack):
    tooltip = pack.classes["HyperReenact_LoadModels"].define_schema().inputs[0].tooltip
    assert "starter" in tooltip
    assert "voxceleb-256" in tooltip
    assert "not installed" in tooltip
    assert "Apache-2.0" in tooltip


def test_knobs_are_the_same_at_every_door(pack: Pack):
    knobs = pack.part("hyperreenact_core.reenact.knobs")
    options = pack.part("hyperreenact_core.reenact.options").ReenactOptions()
    inputs = {i.id: i for i in pack.classes["HyperReenact_Reenact"].define_schema().inputs}
    args = vars(build_parser().parse_args(["reenact", "me.png", "clip.mp4", "-o", "out.mp4"]))
    for knob in (knobs.STABILISE, knobs.TRUNCATION_PSI, knobs.BATCH_SIZE, *knobs.STRENGTHS):
        given = inputs[knob.name]
        assert (given.min, given.max, given.default) == (knob.low, knob.high, knob.default)
        assert args[knob.name] == knob.default
    assert options.driving.stabilise == knobs.STABILISE.default
    assert options.batch_size == knobs.BATCH_SIZE.default
    assert options.colour_match == args["colour_match"] == inputs["colour_match"].default
    for name in ("no_face", "paste_back", "detector"):
        assert args[name] == inputs[name].default
