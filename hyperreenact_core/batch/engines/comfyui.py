"""ComfyUI servers: each runs an API-format graph once for every item."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import HyperReenactError, InputError, OutputError
from ...whole_files import write_whole
from ..pool import Done

Graph = dict[str, dict[str, Any]]
"""API format: node id -> {class_type, inputs}."""

_POLL_SECONDS = 1.0
_AHEAD = 2
"""Runs that a server has at once: one works, one waits."""


@dataclass(frozen=True)
class GraphRun:
    """One run of a graph.

    name: for words about it. stem: what {stem} becomes. files: "node.input" and what is uploaded
    for it. settings: "node.input" and its value. out: where the result goes; None leaves it there.
    """

    name: str
    stem: str
    files: tuple[tuple[str, Path], ...]
    settings: tuple[tuple[str, Any], ...] = field(default=(), hash=False)
    out: Path | None = None

    def __str__(self) -> str:
        return self.name


class Servers:
    """A pool of servers; what it says of a run are the files that the graph wrote there.

    A server that does not answer is not asked again; its runs go to the others.
    wait: until a run is done; otherwise it is queued alone.
    """

    def __init__(self, graph: Graph, urls: Sequence[str], *, wait: bool = True) -> None:
        self._graph, self._wait = graph, wait
        self.room = _AHEAD * len(urls)
        self._todo: queue.Queue[GraphRun] = queue.Queue()
        self._done: queue.Queue[Done[GraphRun, str]] = queue.Queue()
        self._closed = threading.Event()
        self._gone: OutputError | None = None
        self._threads = [
            threading.Thread(target=self._serve, args=(Server(url),), daemon=True)
            for url in urls
            for _ in range(_AHEAD)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, item: GraphRun) -> None:
        """See `Pool`."""
        self._todo.put(item)

    def next(self) -> Done[GraphRun, str]:
        """See `Pool`."""
        while True:
            # Asked first: what the last server said is in the queue by then.
            working = any(thread.is_alive() for thread in self._threads)
            try:
                return self._done.get(timeout=_POLL_SECONDS if working else 0)
            except queue.Empty:
                if not working:
                    raise self._gone or OutputError("no ComfyUI server is left") from None

    def close(self) -> None:
        """See `Pool`; what a server has begun goes on there."""
        self._closed.set()

    def _serve(self, server: Server) -> None:
        while not self._closed.is_set() and not server.gone:
            try:
                item = self._todo.get(timeout=_POLL_SECONDS / 10)
            except queue.Empty:
                continue
            try:
                self._done.put(Done(item, result=self._run(server, item)))
            except _GoneError as error:
                server.gone, self._gone = True, error
                self._done.put(Done(item, lost=str(error)))
            except HyperReenactError as error:
                self._done.put(Done(item, failure=error))

    def _run(self, server: Server, item: GraphRun) -> str:
        values = [(target, server.upload(path)) for target, path in item.files]
        prompt = with_values(self._graph, [*values, *item.settings], stem=item.stem)
        prompt_id = server.queue(prompt)
        if not self._wait:
            return "queued"
        files = server.wait(prompt_id, closed=self._closed)
        if item.out is not None:
            write_whole(item.out, server.download(_result_for(item.out, files)))
        return ", ".join(file["filename"] for file in files) or "done"


def _result_for(out: Path, files: Sequence[dict[str, str]]) -> dict[str, str]:
    """The file of a run that belongs to a name: the last one of its kind."""
    fitting = [f for f in files if Path(f["filename"]).suffix.lower() == out.suffix.lower()]
    if not fitting:
        made = ", ".join(file["filename"] for file in files) or "nothing"
        raise InputError(f"{out}: the graph wrote no {out.suffix} file, but {made}")
    return fitting[-1]


def read_graph(path: Path) -> Graph:
    """An API-format graph; InputError where the file is missing or in another format."""
    try:
        raw: Any = json.loads(path.read_bytes())  # with any byte-order mark
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no graph that can be read ({error})") from error
    if not isinstance(raw, dict) or not all(
        isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)
        for node in raw.values()
    ):
        raise InputError(f"{path} is not in API format: in ComfyUI, use Workflow > Export (API)")
    return raw


def split_setting(text: str) -> tuple[str, Any]:
    """ "node.input=value" -> target and value."""
    target, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text}: write NODE.INPUT=VALUE")
    try:
        return target, json.loads(value)
    except ValueError:
        return target, value


def with_values(graph: Graph, values: Sequence[tuple[str, Any]], *, stem: str) -> Graph:
    """A copy of the graph with inputs replaced; InputError where a target is not one input."""
    changed = {key: {**node, "inputs": dict(node["inputs"])} for key, node in graph.items()}
    for target, value in values:
        name, dot, field = target.partition(".")
        ids = [key for key, node in graph.items() if name in (key, node["class_type"])]
        if not dot or len(ids) != 1:
            found = ", ".join(f"{key} ({node['class_type']})" for key, node in graph.items())
            raise InputError(f"{target}: names {len(ids)} nodes of the graph, which has {found}")
        filled = value.replace("{stem}", stem) if isinstance(value, str) else value
        changed[ids[0]]["inputs"][field] = filled
    return changed


class _GoneError(OutputError):
    """A server does not answer."""


class Server:
    """The few routes of ComfyUI that a queue needs."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.gone = False

    def upload(self, clip: Path) -> str:
        """Put a file into the server's input folder; returns the name it has there."""
        boundary = uuid.uuid4().hex
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; '
            f'filename="{clip.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        body = head.encode() + clip.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        answer = self._ask(
            "/upload/image", body, content_type=f"multipart/form-data; boundary={boundary}"
        )
        folder = f"{answer['subfolder']}/" if answer.get("subfolder") else ""
        return f"{folder}{answer['name']}"

    def queue(self, prompt: Graph) -> str:
        """Queue a graph; returns its id. InputError with the server's reasons if it refuses."""
        body = json.dumps({"prompt": prompt}).encode()
        return str(self._ask("/prompt", body, content_type="application/json")["prompt_id"])

    def wait(self, prompt_id: str, *, closed: threading.Event) -> list[dict[str, str]]:
        """The files that a graph wrote; InputError with the server's words where it failed."""
        while not closed.is_set():
            entry = self._ask(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                return _outcome(entry)
            time.sleep(_POLL_SECONDS)
        return []

    def download(self, file: Mapping[str, str]) -> bytes:
        """A file that a graph wrote."""
        import urllib.parse

        fields = {key: file.get(key, "") for key in ("filename", "subfolder", "type")}
        return self._read(f"/view?{urllib.parse.urlencode(fields)}")

    def _ask(
        self, path: str, body: bytes | None = None, *, content_type: str | None = None
    ) -> dict[str, Any]:
        answer = self._read(path, body, content_type=content_type)
        try:
            return json.loads(answer)
        except ValueError as error:
            raise self._silent(error) from error

    def _silent(self, error: Exception) -> _GoneError:
        return _GoneError(
            f"no ComfyUI answers at {self._url} ({error}); start it, or name it with --server"
        )

    def _read(
        self, path: str, body: bytes | None = None, *, content_type: str | None = None
    ) -> bytes:
        import http.client
        import urllib.error
        import urllib.request

        headers = {"Content-Type": content_type} if content_type else {}
        try:
            request = urllib.request.Request(self._url + path, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise InputError(f"the server refused {path}: {_reasons(error.read())}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._silent(error) from error


def _outcome(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    if entry["status"]["status_str"] != "success":
        messages = dict(entry["status"]["messages"])
        error = messages.get("execution_error", {})
        words = str(error.get("exception_message", "")).strip()
        raise InputError(f"error in {error.get('node_type')}: {words}")
    return [
        item
        for output in entry["outputs"].values()
        for items in output.values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and "filename" in item
    ]


def _reasons(body: bytes) -> str:
    """The server's answer to a graph it will not run, in one line."""
    try:
        answer = json.loads(body)
        reasons = [answer["error"]["message"]]
        for node in answer.get("node_errors", {}).values():
            reasons += [f"{node['class_type']}: {e['details']}" for e in node["errors"]]
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
    return "; ".join(reasons)
