"""Queueing clips on a server: against a small one that answers as ComfyUI does."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hyperreenact_core.batch.engines.comfyui import read_graph
from hyperreenact_core.cli import batch
from hyperreenact_core.errors import HyperReenactError

GRAPH = {
    "1": {"class_type": "LoadVideo", "inputs": {"file": "old.mp4"}},
    "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "a"}},
}

JOB_GRAPH = GRAPH | {"3": {"class_type": "LoadImage", "inputs": {"image": "old.png"}}}


class Answers(BaseHTTPRequestHandler):
    prompts: list[dict[str, Any]]

    def log_message(self, *args: Any) -> None:
        return None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/upload/image":
            name = body.split(b'filename="')[1].split(b'"')[0].decode()
            self._say({"name": name, "subfolder": "", "type": "input"})
            return
        prompt = json.loads(body)["prompt"]
        if prompt["1"]["inputs"]["file"] == "bad.mp4":
            error = {"class_type": "LoadVideo", "errors": [{"details": "file: bad.mp4"}]}
            self._say({"error": {"message": "invalid"}, "node_errors": {"1": error}}, code=400)
            return
        type(self).prompts.append(prompt)
        self._say({"prompt_id": str(len(type(self).prompts))})

    def do_GET(self) -> None:
        if self.path.startswith("/view?"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode())
            return
        prompt_id = self.path.rpartition("/")[2]
        status: dict[str, Any] = {"status_str": "success", "messages": []}
        if "broken" in type(self).prompts[int(prompt_id) - 1]["1"]["inputs"]["file"]:
            told = {"node_type": "SaveVideo", "exception_message": "no space\n"}
            status = {"status_str": "error", "messages": [["execution_error", told]]}
        outputs = {"2": {"images": [{"filename": f"{prompt_id}.mp4"}], "animated": [True]}}
        self._say({prompt_id: {"status": status, "outputs": outputs}})

    def _say(self, answer: Any, *, code: int = 200) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


@pytest.fixture
def server() -> Iterator[str]:
    Answers.prompts = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def run(
    server: str,
    folder: Path,
    *clips: str,
    options: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
) -> None:
    graph = folder / "graph.json"
    graph.write_text(json.dumps(GRAPH))
    paths = [folder / name for name in clips]
    for path in paths:
        path.write_bytes(b"clip")
    paths += [folder / name for name in missing]
    parser = argparse.ArgumentParser()
    batch.register(parser.add_subparsers())
    line = ["batch", str(graph), *map(str, paths), "--server", server, *options]
    args = parser.parse_args(line)
    args.run(args)


def test_each_clip_is_one_run(server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(server, tmp_path, "a.mp4", "b.mp4", options=("--set", "SaveVideo.filename_prefix=x_{stem}"))
    files = [prompt["1"]["inputs"]["file"] for prompt in Answers.prompts]
    names = [prompt["2"]["inputs"]["filename_prefix"] for prompt in Answers.prompts]
    assert sorted(zip(files, names, strict=True)) == [("a.mp4", "x_a"), ("b.mp4", "x_b")]
    assert Answers.prompts[0]["2"]["inputs"]["video"] == ["1", 0]
    said = [f"{file}: {number}.mp4" for number, file in enumerate(files, 1)]
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(said)


def test_failures_are_named(server: str, tmp_path: Path):
    with pytest.raises(HyperReenactError, match=r"1 of 2 failed: broken.mp4"):
        run(server, tmp_path, "broken.mp4", "fine.mp4")
    with pytest.raises(HyperReenactError, match=r"invalid; LoadVideo: file: bad.mp4"):
        run(server, tmp_path, "bad.mp4")
    with pytest.raises(HyperReenactError, match="names 0 nodes of the graph, which has 1"):
        run(server, tmp_path, "a.mp4", options=("--input", "Load.file"))
    with pytest.raises(HyperReenactError, match="no ComfyUI answers"):
        run("http://127.0.0.1:9", tmp_path, "a.mp4")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_graph_may_begin_with_a_byte_order_mark(tmp_path: Path, encoding: str):
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(GRAPH), encoding)
    assert read_graph(path) == GRAPH


@pytest.mark.parametrize("text", ["", "[]", '{"1": {"class_type": "LoadVideo"}}', "{\xff"])
def test_what_is_no_graph_is_refused_by_name(tmp_path: Path, text: str):
    path = tmp_path / "graph.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(HyperReenactError, match=r"graph\.json"):
        read_graph(path)


def test_nothing_is_queued_where_a_clip_is_missing(server: str, tmp_path: Path):
    with pytest.raises(HyperReenactError, match=r"lost\.mp4: no such file"):
        run(server, tmp_path, "a.mp4", missing=("lost.mp4",))
    assert Answers.prompts == []


@pytest.mark.parametrize("url", ["nonsense", "http://[", "http://127.0.0.1:9"])
def test_an_address_that_is_none_is_one_line(tmp_path: Path, url: str):
    with pytest.raises(HyperReenactError, match="no ComfyUI answers") as caught:
        run(url, tmp_path, "a.mp4")
    assert "\n" not in str(caught.value)


def jobs(folder: Path, *names: str, **more: Any) -> Path:
    (folder / "graph.json").write_text(json.dumps(JOB_GRAPH))
    (folder / "me.png").write_bytes(b"picture")
    told = []
    for name in names:
        (folder / f"{name}.mp4").write_bytes(name.encode())
        told.append({"source": "me.png", "driving": f"{name}.mp4", "out": f"out/{name}.mp4"} | more)
    (folder / "jobs.json").write_text(json.dumps(told))
    return folder / "jobs.json"


def run_jobs(path: Path, *servers: str) -> None:
    parser = argparse.ArgumentParser()
    batch.register(parser.add_subparsers())
    line = ["batch", str(path), "--graph", str(path.with_name("graph.json"))]
    args = parser.parse_args([*line, *(word for url in servers for word in ("--server", url))])
    args.run(args)


def report(path: Path) -> dict[str, Any]:
    return json.loads((path.with_name("jobs.work") / "report.json").read_text())


def test_a_file_of_jobs_runs_on_the_servers_that_answer(server: str, tmp_path: Path):
    path = jobs(tmp_path, "a", "b", "c", **{"SaveVideo.filename_prefix": "{stem}_new"})
    run_jobs(path, "http://127.0.0.1:9", server)
    assert [job["state"] for job in report(path)["jobs"]] == ["done"] * 3
    assert report(path)["repeated"] >= 1
    assert {p["3"]["inputs"]["image"] for p in Answers.prompts} == {"me.png"}
    prefixes = sorted(p["2"]["inputs"]["filename_prefix"] for p in Answers.prompts)
    assert prefixes == ["a_new", "b_new", "c_new"]
    assert (tmp_path / "out" / "a.mp4").read_bytes().startswith(b"/view?filename=")

    (tmp_path / "out" / "b.mp4").unlink()
    run_jobs(path, server)
    assert [job["state"] for job in report(path)["jobs"]] == ["there", "done", "there"]
    assert len(Answers.prompts) == 4


def test_a_job_that_fails_on_a_server_fails_alone(server: str, tmp_path: Path):
    path = jobs(tmp_path, "broken", "fine", "bad")
    with pytest.raises(HyperReenactError, match="2 of 3 failed"):
        run_jobs(path, server)
    told = report(path)["jobs"]
    assert [job["state"] for job in told] == ["failed", "done", "failed"]
    assert "error in SaveVideo: no space" in told[0]["reason"]
    assert "LoadVideo: file: bad.mp4" in told[2]["reason"]
    path = jobs(tmp_path, "a", **{"Nothing.x": 1})
    with pytest.raises(HyperReenactError, match="1 of 1 failed"):
        run_jobs(path, server)
    assert "Nothing.x: names 0 nodes" in report(path)["jobs"][0]["reason"]


def test_without_any_server_jobs_stay_to_be_done(tmp_path: Path):
    path = jobs(tmp_path, "a", "b")
    with pytest.raises(HyperReenactError, match="no ComfyUI answers"):
        run_jobs(path, "http://127.0.0.1:9")
    assert [job["state"] for job in report(path)["jobs"]] == ["not done"] * 2
