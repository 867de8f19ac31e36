"""The shipped workflows: they fit the nodes, read from left to right, and run."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.nodes.graphs import InvalidGraphError, is_link, problems, run
from tests.nodes.imported import ROOT, Pack
from tests.nodes.thumbnails import thumbnail

FOLDER = ROOT / "workflows"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
NOTES = {"MarkdownNote", "Note"}
CHAIN = "2 Full chain"
SHOW_PROGRESS = {
    "AlignFace",
    "DetailTransfer",
    "ExtractPose",
    "PasteBack",
    "Reenact",
    "ReenactFootage",
    "ReenactVideo",
    "ReplaceFace",
    "Synthesise",
}
"""Nodes that grow by a picture of 220 pixels and a line of 52 as they run."""


def api(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / "api" / f"{name}.json").read_text("utf-8"))


def ui(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def test_there_is_one_of_each_kind_and_each_has_a_twin():
    assert len(NAMES) == 10
    assert sorted(path.stem for path in (FOLDER / "api").glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_node_input_link_and_value_exists_and_fits(pack: Pack, name: str):
    assert problems(api(name), pack.classes) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_two_forms_say_the_same(pack: Pack, name: str):
    graph, twin = ui(name), api(name)
    nodes = {str(node["id"]): node for node in graph["nodes"] if node["type"] not in NOTES}
    assert {key: node["type"] for key, node in nodes.items()} == {
        key: node["class_type"] for key, node in twin.items()
    }
    origins = {link[0]: [str(link[1]), link[2]] for link in graph["links"]}
    for key, node in nodes.items():
        linked = {i["name"]: origins[i["link"]] for i in node["inputs"] if i["link"] is not None}
        given = twin[key]["inputs"]
        assert linked == {name: value for name, value in given.items() if is_link(value)}
        if node["type"].startswith("HyperReenact_"):
            schema = pack.classes[node["type"]].define_schema()
            widgets = [i for i in schema.inputs if i.is_widget]
            values = dict(zip([i.id for i in widgets], node["widgets_values"], strict=False))
            # A graph may be older than the last inputs of its nodes.
            assert all(i.optional for i in widgets[len(node["widgets_values"]) :])
            assert values == {name: value for name, value in given.items() if not is_link(value)}


@pytest.mark.parametrize("name", NAMES)
def test_links_of_the_page_form_are_sound(name: str):
    graph = ui(name)
    nodes = {node["id"]: node for node in graph["nodes"]}
    for number, origin, slot, target, entry, kind in graph["links"]:
        assert number in nodes[origin]["outputs"][slot]["links"]
        assert nodes[origin]["outputs"][slot]["type"] == kind
        assert nodes[target]["inputs"][entry]["link"] == number
    assert graph["last_node_id"] == max(nodes)
    assert graph["last_link_id"] == max(link[0] for link in graph["links"])


def test_no_two_graphs_share_a_number():
    """The page keeps previews by the node's number: they would show in the next graph opened."""
    for name in NAMES:
        number, graph = int(name.split()[0]), ui(name)
        given = [node["id"] for node in graph["nodes"]] + [link[0] for link in graph["links"]]
        assert {key // 100 for key in given} == {number}, f"{name}: {number} * 100 and up"


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_reads_from_left_to_right_and_nothing_overlaps(name: str):
    graph = ui(name)
    nodes = {node["id"]: node for node in graph["nodes"]}
    for _, origin, _, target, *_ in graph["links"]:
        right_edge = nodes[origin]["pos"][0] + nodes[origin]["size"][0]
        above = nodes[origin]["pos"][1] < nodes[target]["pos"][1]
        same_column = nodes[origin]["pos"][0] == nodes[target]["pos"][0]
        assert right_edge < nodes[target]["pos"][0] or (same_column and above)
    for one, other in combinations(nodes.values(), 2):
        assert not _overlap(one, other), (one["type"], other["type"])


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_readable_on_a_page_of_1920_by_1080(name: str):
    """Below a scale of about 0.6 the page draws nodes as blank boxes."""
    graph = ui(name)
    view = graph["extra"]["ds"]
    corners = [(*n["pos"], n["pos"][0] + n["size"][0], n["pos"][1] + n["size"][1])
               for n in graph["nodes"]]  # fmt: skip
    corners += [(x, y, x + w, y + h) for x, y, w, h in (g["bounding"] for g in graph["groups"])]
    low = np.min(corners, axis=0)[:2] + view["offset"]
    high = np.max(corners, axis=0)[2:] + view["offset"]
    assert view["scale"] >= 0.75
    assert (low * view["scale"] >= (60, 90)).all(), "right of the side bar, below the menu"
    assert (high * view["scale"] <= (1920, 1080)).all()
    for _, _, right, bottom in (np.array(corners) + [*view["offset"]] * 2) * view["scale"]:
        assert right <= 1660 or bottom <= 820, "the page's map hides the corner"


@pytest.mark.parametrize("name", NAMES)
def test_every_node_stands_in_one_group_and_has_room_for_its_preview(pack: Pack, name: str):
    graph = ui(name)
    kinds = {node["id"]: node["type"] for node in graph["nodes"]}
    still = {
        target
        for _, origin, _, target, _, _ in graph["links"]
        if kinds[origin] == "HyperReenact_SamplePortrait"
        and kinds[target] == "HyperReenact_AlignFace"
    }
    boxes = [{"pos": g["bounding"][:2], "size": g["bounding"][2:]} for g in graph["groups"]]
    assert len(boxes) >= 3
    assert not any(_overlap(one, other, title=0) for one, other in combinations(boxes, 2))
    assert len({g["color"] for g in graph["groups"]}) >= 3
    for node in graph["nodes"]:
        inside = [box for box in boxes if _overlap(box, node)]
        assert len(inside) == (node["type"] not in NOTES), node["type"]
        if node["type"] in {"PreviewImage", "SaveVideo"}:
            assert node["size"][1] >= 300
        elif node["type"].removeprefix("HyperReenact_") in SHOW_PROGRESS:
            inputs = pack.classes[node["type"]].define_schema().inputs
            widgets = sum(i.is_widget for i in inputs)
            rows = max(len(inputs) - widgets, len(node["outputs"]))
            line = 0 if node["id"] in still else 52  # one picture is done before a line is due
            assert node["size"][1] >= 20 * rows + 24 * widgets + 230 + line, node["type"]
        elif node["type"] == "HyperReenact_QualityReport":
            assert node["size"][1] >= 144  # it has a line and no picture


@pytest.mark.parametrize("name", NAMES)
def test_its_app_shows_inputs_and_results_that_the_graph_has(pack: Pack, name: str):
    graph = ui(name)
    shown, nodes = graph["extra"]["linearData"], {node["id"]: node for node in graph["nodes"]}
    assert graph["extra"]["linearMode"] is False, "a template opens as a graph"
    assert len(shown["inputs"]) >= 2
    labels = {(n["id"], i["name"]): i.get("label") for n in graph["nodes"] for i in n["inputs"]}
    names = [labels.get((key, widget)) or widget for key, widget in shown["inputs"]]
    assert "name" not in names, "of what?"
    assert len(set(names)) == len(names), "an app shows no nodes to tell them apart by"
    for key, widget in shown["inputs"]:
        schema = pack.classes[nodes[key]["type"]].define_schema()
        known = {i.id for i in schema.inputs if i.is_widget}
        assert widget in known | {"preview"}, (nodes[key]["type"], widget)
    for key in shown["outputs"]:
        assert nodes[key]["type"] in {"SaveVideo", "PreviewImage", "PreviewAny", "VHS_VideoCombine"}


@pytest.mark.parametrize("name", NAMES)
def test_its_note_says_what_to_change_first(name: str):
    (note,) = [node for node in ui(name)["nodes"] if node["type"] in NOTES]
    assert "**Change first**" in note["widgets_values"][0]


@pytest.mark.parametrize("name", NAMES)
def test_nodes_name_the_pack_they_come_from(name: str):
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    own = project.split('\nname = "')[1].split('"')[0]
    for node in ui(name)["nodes"]:
        pack = node["properties"]["cnr_id"]
        assert (pack == own) == node["type"].startswith("HyperReenact_")


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_to_the_end(pack: Pack, name: str):
    done = run(api(name), pack.classes)
    assert len(done.outputs) == len(api(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_thumbnail(name: str):
    picture = FOLDER / f"{name}.jpg"
    assert picture.is_file()
    assert 2_000 < picture.stat().st_size < 200_000


@pytest.mark.parametrize("name", ["3 Video to video", "5 Puppet"])
def test_its_thumbnail_can_be_drawn_again(pack: Pack, name: str):
    picture = thumbnail(FOLDER / f"{name}.json", pack)
    with Image.open(FOLDER / f"{name}.jpg") as shipped:
        assert picture.shape == (shipped.height, shipped.width, 3)
        sketch = np.asarray(shipped)[130:].astype(int)
    # The pictures above are of other weights; the graph below must be that of the file.
    assert np.abs(sketch - picture[130:]).mean() < 2


def test_another_clip_does_not_invert_the_source_again(pack: Pack):
    graph = api(CHAIN)
    clip = next(n for n in graph.values() if n["class_type"] == "HyperReenact_SampleClip")
    cache: dict[str, Any] = {}
    clip["inputs"]["name"] = "turn"
    run(graph, pack.classes, cache)
    clip["inputs"]["name"] = "talk"
    again = {graph[key]["class_type"] for key in run(graph, pack.classes, cache).executed}
    assert "HyperReenact_ExtractPose" in again
    assert not again & {"HyperReenact_Invert", "HyperReenact_LoadModels"}


def test_a_wrong_link_is_refused(pack: Pack):
    graph = api(CHAIN)
    synthesise = next(n for n in graph.values() if n["class_type"] == "HyperReenact_Synthesise")
    synthesise["inputs"]["latent"] = synthesise["inputs"]["deltas"]
    with pytest.raises(InvalidGraphError, match="DELTAS is no HYPERREENACT_LATENT"):
        run(graph, pack.classes)


def _overlap(one: dict[str, Any], other: dict[str, Any], *, title: int = 30) -> bool:
    """Whether two boxes touch; a node's title stands 30 pixels above its position."""
    (x0, y0), (w0, h0) = one["pos"], one["size"]
    (x1, y1), (w1, h1) = other["pos"], other["size"]
    return x0 < x1 + w1 and x1 < x0 + w0 and y0 - title < y1 + h1 and y1 - title < y0 + h0
