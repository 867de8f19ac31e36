"""ComfyUI's own page, where COMFYUI_BROWSER names a Chromium: graphs load, convert and run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.browser import Page, open_browser
from tests.host.comfy import MARKS, MODEL_SET, ROOT, RUN_SECONDS, Comfy
from tests.host.graphs import WORKFLOWS, shipped

BROWSER = os.environ.get("COMFYUI_BROWSER")

pytestmark = [*MARKS, pytest.mark.skipif(not BROWSER, reason="COMFYUI_BROWSER names no Chromium")]

_READY = "!!(window.app?.graph && window.LiteGraph?.registered_node_types?.SaveImage)"
_SHOWN = """(() => {
  const found = (type, name) =>
    app.graph._nodes.find(n => n.type.endsWith(type)).widgets.find(w => w.name === name);
  return [found("SavePoseTrack", "saved to").value,
          found("ExpressionEditor", "preview").element.querySelector("img").src];
})()"""
_UNKNOWN = "app.graph._nodes.map(n => n.type).filter(t => !(t in LiteGraph.registered_node_types))"


@pytest.fixture(scope="module")
def page(comfy: Comfy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    for setting in ("Comfy.TutorialCompleted", "Comfy.VueNodes.Enabled"):
        comfy.ask(f"/settings/{setting}", setting == "Comfy.TutorialCompleted")
    with open_browser(str(BROWSER), tmp_path_factory.mktemp("browser")) as made:
        made.open(comfy.url, ready=_READY)
        yield made


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if "chunks" not in name])
def test_the_page_turns_a_graph_into_its_twin(comfy: Comfy, page: Page, name: str):
    _load(page, name)
    assert page.evaluate(_UNKNOWN) == []
    made = page.evaluate("app.graphToPrompt().then(p => p.output)")
    expected = shipped(name)
    assert set(made) == set(expected)
    for key, node in expected.items():
        assert made[key]["class_type"] == node["class_type"]
        # Inputs that came after a graph was saved have their defaults.
        later = _defaults(comfy, node["class_type"], made[key]["inputs"])
        ours = node["class_type"].startswith("HyperReenact_")
        wanted = {**later, **node["inputs"]}
        given = {k: v for k, v in made[key]["inputs"].items() if ours or k in wanted}
        assert given == wanted, f"{name}: {key} {node['class_type']}"


def test_a_graph_runs_from_the_page(comfy: Comfy, page: Page):
    _load(page, "1 Quick start")
    before = set(comfy.ask("/history"))
    page.evaluate("app.queuePrompt(0, 1)")
    end = time.monotonic() + RUN_SECONDS
    entries: dict[str, Any] = {}
    while not entries and time.monotonic() < end:
        time.sleep(0.3)
        entries = {k: v for k, v in comfy.ask("/history").items() if k not in before}
    (entry,) = entries.values()
    assert entry["status"]["status_str"] == "success"
    assert entry["outputs"]


def test_a_run_shows_where_the_file_went_and_starts_the_live_picture(comfy: Comfy, page: Page):
    _load(page, "9 Edit an expression")
    page.evaluate("app.queuePrompt(0, 1)")
    told, end = ["", ""], time.monotonic() + RUN_SECONDS
    while not all(told) and time.monotonic() < end:
        time.sleep(0.3)
        told = page.evaluate(_SHOWN)
    place, picture = told
    assert place.startswith("hyperreenact/expression_")
    assert picture.startswith("blob:")


def test_the_page_knows_the_blueprints(page: Page):
    listed = page.evaluate(
        "fetch('/global_subgraphs').then(r => r.status == 200 ? r.json() : null)"
    )
    if listed is None:
        pytest.skip("this host has no blueprints")
    own = [b["name"] for b in listed.values() if b["info"]["node_pack"].endswith("hyperreenact")]
    assert sorted(own) == sorted(path.stem for path in (ROOT / "subgraphs").glob("*.json"))


def _defaults(comfy: Comfy, node_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """Of the optional inputs that the page gave a value."""
    optional = comfy.ask(f"/object_info/{node_id}")[node_id]["input"].get("optional", {})
    known = {name: rest[0].get("default") for name, (_, *rest) in optional.items() if rest}
    return {name: value for name, value in known.items() if name in given and value is not None}


def _load(page: Page, name: str) -> None:
    """Open a graph as the template browser does, with the set that is to be used."""
    text = (ROOT / "workflows" / f"{name}.json").read_text("utf-8")
    text = json.dumps(json.loads(text.replace('"starter"', f'"{MODEL_SET}"')))
    page.evaluate(f"app.loadGraphData({text}).then(() => 0)")
