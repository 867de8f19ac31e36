"""The shipped subgraph blueprints: the page reads them, they fit the nodes, and run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.nodes.graphs import Prompt, problems, run
from tests.nodes.imported import ROOT, Pack

FOLDER = ROOT / "subgraphs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
_IN, _OUT = -10, -20
"""Ids of the nodes that stand for the inputs and the outputs of a subgraph."""
_SAMPLES = {"IMAGE": ("SamplePortrait", "freckles"), "VIDEO": ("SampleClip", "talk")}


def parts(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one node of a blueprint and the subgraph that it stands for."""
    graph = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    (node,), (inside,) = graph["nodes"], graph["definitions"]["subgraphs"]
    assert node["type"] == inside["id"]
    return node, inside


def widget_values(node: Mapping[str, Any]) -> dict[str, Any]:
    names = [given["name"] for given in node["inputs"] if "widget" in given]
    return dict(zip(names, node["widgets_values"], strict=False))


def unfolded(name: str) -> Prompt:
    """What the page queues: the nodes inside, the samples at the sockets, values of the outside."""
    outside, inside = parts(name)
    links = {link["id"]: link for link in inside["links"]}
    prompt: Prompt = {}
    for node in inside["nodes"]:
        inputs = widget_values(node)
        for given in node["inputs"]:
            if given["link"] is None:
                continue
            link = links[given["link"]]
            if link["origin_id"] != _IN:
                inputs[given["name"]] = [str(link["origin_id"]), link["origin_slot"]]
                continue
            entry = outside["inputs"][link["origin_slot"]]
            if "widget" in entry:
                inputs[given["name"]] = widget_values(outside)[entry["name"]]
            else:
                inputs[given["name"]] = [entry["type"], 0]
        prompt[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    for given in outside["inputs"]:
        if given["type"] in _SAMPLES:
            sample, which = _SAMPLES[given["type"]]
            node = {"class_type": f"HyperReenact_{sample}", "inputs": {"name": which}}
            prompt[given["type"]] = node
    return prompt


def test_there_is_one_for_each_usual_job():
    assert NAMES == [
        "Clip performs with a new face",
        "Clip takes another performance",
        "Edit an expression",
        "Picture performs a clip",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_its_node_and_its_inside_have_the_same_sockets(name: str):
    outside, inside = parts(name)
    for kind in ("inputs", "outputs"):
        one, other = ([(s["name"], s["type"]) for s in part[kind]] for part in (outside, inside))
        assert one == other
    assert len(widget_values(outside)) == len(outside["widgets_values"])
    for language in ("a face", "人脸"):
        assert language in inside["description"]


@pytest.mark.parametrize("name", NAMES)
def test_links_inside_are_sound(name: str):
    _, inside = parts(name)
    nodes = {node["id"]: node for node in inside["nodes"]}
    for link in inside["links"]:
        if link["origin_id"] == _IN:
            entry = inside["inputs"][link["origin_slot"]]
            assert link["id"] in entry["linkIds"]
        else:
            entry = nodes[link["origin_id"]]["outputs"][link["origin_slot"]]
            assert link["id"] in entry["links"]
        if link["target_id"] == _OUT:
            end = inside["outputs"][link["target_slot"]]
            assert link["id"] in end["linkIds"]
        else:
            end = nodes[link["target_id"]]["inputs"][link["target_slot"]]
            assert end["link"] == link["id"]
        assert entry["type"] == end["type"] == link["type"]


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_the_nodes_and_runs(pack: Pack, name: str):
    prompt = unfolded(name)
    assert problems(prompt, pack.classes) == []
    outputs = run(prompt, pack.classes).outputs
    outside, inside = parts(name)
    for link in inside["links"]:
        if link["target_id"] == _OUT:
            given = outputs[str(link["origin_id"])][link["origin_slot"]]
            assert given is not None, outside["outputs"][link["target_slot"]]["name"]


@pytest.mark.parametrize("name", NAMES)
def test_values_inside_follow_the_order_of_the_nodes(pack: Pack, name: str):
    _, inside = parts(name)
    for node in inside["nodes"]:
        if node["type"].startswith("HyperReenact_"):
            schema = pack.classes[node["type"]].define_schema()
            widgets = [i.id for i in schema.inputs if i.is_widget]
            assert list(widget_values(node)) == widgets[: len(node["widgets_values"])]


@pytest.mark.parametrize("name", NAMES)
def test_entries_inside_stand_as_the_page_makes_them(pack: Pack, name: str):
    """Sockets, then widgets: an older page names a linked widget after another's place."""
    _, inside = parts(name)
    for node in inside["nodes"]:
        if node["type"].startswith("HyperReenact_"):
            inputs = pack.classes[node["type"]].define_schema().inputs
            made = [i.id for i in sorted(inputs, key=lambda i: i.is_widget)]
            assert [given["name"] for given in node["inputs"]] == made
