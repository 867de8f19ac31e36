"""`hyperreenact batch`: many clips on this machine, a Ray cluster or a ComfyUI that runs."""

from __future__ import annotations

import argparse
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, OutputError
from . import batch_jobs, numbers
from .common import progress_bar, say
from .engines import add_ray_options

if TYPE_CHECKING:
    from .common import Options, SubParsers

Graph = dict[str, dict[str, Any]]
"""API format: node id -> {class_type, inputs}."""

ENGINES = ("local", "ray", "comfyui")

_DESCRIPTION = f"""\
Do all jobs of a file, on processes of this machine or on a Ray cluster; or, where clips are named
as well, run one API-format graph of ComfyUI once for each clip.

{batch_jobs.FORMAT}
Long clips are cut into ranges of frames that are drawn apart; the result is the same. What is done
is skipped when the same is run again. A job that fails, fails alone; the exit code tells.

A graph's clip is the input of its Load Video node (or the one named with --input); files are
uploaded to the server first.
"""
_POLL_SECONDS = 1.0


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "batch",
        help="many clips: on this machine, a Ray cluster or ComfyUI",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "jobs", type=Path, metavar="JOBS", help="file of jobs, or with clips an API-format graph"
    )
    parser.add_argument("clips", type=Path, nargs="*", metavar="CLIP", help="one run each")
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        help="who does the work (default: comfyui with clips, else local)",
    )
    _add_job_options(parser.add_argument_group("local and ray"))
    _add_server_options(parser.add_argument_group("comfyui"))
    parser.set_defaults(run=run)


def _add_job_options(options: Options) -> None:
    options.add_argument(
        "--workers",
        type=numbers.not_negative,
        default=1,
        metavar="N",
        help="how many work at once, each with its own networks (default: %(default)s)",
    )
    options.add_argument(
        "--shard-frames",
        type=numbers.positive,
        default=250,
        metavar="N",
        help="cut clips into ranges of so many frames (default: %(default)s)",
    )
    options.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        help="folder of what is under way, and of report.json (default: JOBS.work beside JOBS)",
    )
    add_ray_options(options)


def _add_server_options(options: Options) -> None:
    options.add_argument(
        "--input",
        default="LoadVideo.file",
        metavar="NODE.INPUT",
        help="where the clip goes: id or class of a node, and its input (default: %(default)s)",
    )
    options.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NODE.INPUT=VALUE",
        help="another value to set, read as JSON if it is that; {stem} becomes the clip's name",
    )
    options.add_argument(
        "--server", default="http://127.0.0.1:8188", metavar="URL", help="(default: %(default)s)"
    )
    options.add_argument(
        "--no-wait", action="store_true", help="leave once all are queued, before they are done"
    )


def run(args: argparse.Namespace) -> None:
    """Do the jobs, or queue the clips and wait for the results."""
    args.engine = args.engine or ("comfyui" if args.clips else "local")
    if args.engine != "comfyui":
        if args.clips:
            raise InputError(f"--engine {args.engine} takes a file of jobs and no clips")
        batch_jobs.run_jobs(args)
        return
    if not args.clips:
        raise InputError("--engine comfyui takes an API-format graph and clips")
    _run_graph(args)


def _run_graph(args: argparse.Namespace) -> None:
    graph = read_graph(args.jobs)
    server = Server(args.server)
    settings = [split_setting(text) for text in args.set]
    with_values(graph, [(args.input, ""), *settings], stem="")  # what cannot be set is said first
    if missing := [str(clip) for clip in args.clips if not clip.is_file()]:
        raise InputError(f"{', '.join(missing)}: no such file")
    queued: list[tuple[Path, str]] = []
    for clip in args.clips:
        values = [(args.input, server.upload(clip)), *settings]
        prompt = with_values(graph, values, stem=clip.stem)
        queued.append((clip, server.queue(prompt)))
    if args.no_wait:
        say(f"{len(queued)} queued")
        return
    failed: list[str] = []
    with progress_bar("batch", unit="clip") as show:
        for done, (clip, prompt_id) in enumerate(queued, 1):
            outcome = server.wait(prompt_id)
            show(done, len(queued))
            say(f"{clip.name}: {outcome}")
            if outcome.startswith("error"):
                failed.append(clip.name)
    if failed:
        raise InputError(f"{len(failed)} of {len(queued)} failed: {', '.join(failed)}")


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


class Server:
    """The few routes of ComfyUI that a queue needs."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

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

    def wait(self, prompt_id: str) -> str:
        """What became of a graph: the files it wrote, or its error."""
        while True:
            entry = self._ask(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                return _outcome(entry)
            time.sleep(_POLL_SECONDS)

    def _ask(
        self, path: str, body: bytes | None = None, *, content_type: str | None = None
    ) -> dict[str, Any]:
        import http.client
        import urllib.error
        import urllib.request

        headers = {"Content-Type": content_type} if content_type else {}
        try:
            request = urllib.request.Request(self._url + path, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise InputError(f"the server refused {path}: {_reasons(error.read())}") from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise OutputError(
                f"no ComfyUI answers at {self._url} ({error}); start it, or name it with --server"
            ) from error


def _outcome(entry: Mapping[str, Any]) -> str:
    if entry["status"]["status_str"] != "success":
        messages = dict(entry["status"]["messages"])
        error = messages.get("execution_error", {})
        return f"error in {error.get('node_type')}: {error.get('exception_message', '').strip()}"
    files = [
        item["filename"]
        for output in entry["outputs"].values()
        for items in output.values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and "filename" in item
    ]
    return ", ".join(files) or "done"


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
