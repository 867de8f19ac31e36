"""Fetching from a server on this machine that can be told to misbehave."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hyperreenact_core.errors import ModelError, OutputError
from hyperreenact_core.models.download import direct_url, download
from hyperreenact_core.models.fetch import fetch_file, keep_to, place_of
from hyperreenact_core.models.lock import Pin, check_pin, pin, pin_of, read_lock
from hyperreenact_core.models.registry import ModelFile

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()


@dataclass
class Behaviour:
    """What the server does. requests: the Range headers it saw, None where there was none."""

    content: dict[str, bytes] = field(default_factory=lambda: {"/w.pt": DATA})
    tag: str = '"one"'
    knows_ranges: bool = True
    stops_after: int | None = None
    content_type: str = "application/octet-stream"
    requests: list[str | None] = field(default_factory=list)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def server(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a server that follows `behaviour`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            behaviour.requests.append(wanted)
            data = behaviour.content.get(self.path)
            if data is None:
                self.send_error(404)
                return
            start = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
            same = self.headers.get("If-Range") in (None, behaviour.tag)
            if not (wanted and behaviour.knows_ranges and same):
                start = 0
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Type", behaviour.content_type)
            self.send_header("Content-Length", str(len(data) - start))
            self.send_header("ETag", behaviour.tag)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            self.wfile.write(data[start : behaviour.stops_after])

        def log_message(self, *_args: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # Clients that hang up early are part of the tests.
    monkeypatch.setattr(httpd, "handle_error", lambda *_args: None)
    thread = Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_fetched_and_its_progress_told(tmp_path: Path, server: str):
    seen: list[tuple[int, int | None]] = []
    download(f"{server}/w.pt", tmp_path / "deep/w", on_bytes=lambda *at: seen.append(at))
    assert (tmp_path / "deep/w").read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert names(tmp_path) == {"deep/w"}


def test_an_interrupted_file_is_resumed(tmp_path: Path, server: str, behaviour: Behaviour):
    path = tmp_path / "w"
    behaviour.stops_after = 300_000
    with pytest.raises(ModelError, match=r"stopped after 300000 of 1024000|cannot fetch"):
        download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA[:300_000]
    behaviour.stops_after = None
    download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA
    assert behaviour.requests == [None, "bytes=300000-"]
    assert names(tmp_path) == {"w"}


def test_a_file_that_changed_in_between_is_begun_anew(tmp_path, server, behaviour: Behaviour):
    path = tmp_path / "w"
    behaviour.stops_after = 1000
    with pytest.raises(ModelError):
        download(f"{server}/w.pt", path)
    behaviour.stops_after, behaviour.tag = None, '"two"'
    behaviour.content["/w.pt"] = DATA[::-1]
    download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA[::-1]


def test_a_server_without_ranges_sends_all_again(tmp_path: Path, server, behaviour: Behaviour):
    path = tmp_path / "w"
    path.write_bytes(b"x" * 500)
    behaviour.knows_ranges = False
    download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA
    assert behaviour.requests == ["bytes=500-"]


def test_a_part_that_is_whole_needs_no_more(tmp_path: Path, server: str):
    path = tmp_path / "w"
    path.write_bytes(DATA)
    download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA
    path.write_bytes(DATA + b"more")
    with pytest.raises(ModelError, match="run it again"):
        download(f"{server}/w.pt", path)
    download(f"{server}/w.pt", path)
    assert path.read_bytes() == DATA


def test_a_web_page_is_told_from_a_file(tmp_path: Path, server: str, behaviour: Behaviour):
    behaviour.content_type = "text/html; charset=utf-8"
    with pytest.raises(ModelError) as caught:
        download(f"{server}/w.pt", tmp_path / "w.pt.part", page="https://example.org/view")
    assert "open https://example.org/view in a browser" in str(caught.value)
    assert f"save the file as {tmp_path / 'w.pt'}," in str(caught.value)
    assert names(tmp_path) == set()


def test_servers_that_fail_are_named(tmp_path: Path, server: str):
    with pytest.raises(ModelError, match=r"the server said 404 .*/absent"):
        download(f"{server}/absent", tmp_path / "w")
    with pytest.raises(ModelError, match=r"cannot fetch http://127\.0\.0\.1:1/w"):
        download("http://127.0.0.1:1/w", tmp_path / "w")
    with pytest.raises(ModelError, match="not a web address"):
        download("file:///etc/passwd", tmp_path / "w")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        download(f"{server}/w.pt", tmp_path / "file" / "w")


def test_pages_of_google_drive_lead_to_the_file():
    page = "https://drive.google.com/file/d/1cBw-Fwq_C/view"
    assert "id=1cBw-Fwq_C&" in direct_url(page)
    assert direct_url("https://example.org/w.pt") == "https://example.org/w.pt"


def model_file(*, size: int | None = None, sha256: str | None = None) -> ModelFile:
    return ModelFile(
        role="generator",
        name="w.pt",
        format="torch",
        url="https://127.0.0.1:1/never",
        size=size,
        sha256=sha256,
    )


def test_the_first_checksum_is_pinned_and_kept_to(tmp_path: Path, server, behaviour: Behaviour):
    file = model_file()
    fetched = fetch_file(file, tmp_path, mirror=f"{server}/")
    assert (fetched.was_there, fetched.was_known) == (False, False)
    assert fetched.path == place_of(file, tmp_path) == tmp_path / "published/w.pt"
    assert names(tmp_path) == {"published/w.pt"}, "pinned before it was of use"
    keep_to([fetched], tmp_path)
    assert read_lock(tmp_path) == {"published/w.pt": Pin(len(DATA), SHA256)}
    fetched = fetch_file(file, tmp_path)
    assert (fetched.was_there, fetched.was_known) == (True, True)

    fetched.path.unlink()
    behaviour.content["/w.pt"] = DATA[:-1] + b"!"
    with pytest.raises(ModelError, match="is not the file it was"):
        fetch_file(file, tmp_path, mirror=server)
    assert names(tmp_path) == {"lock.json"}


def test_a_file_put_there_by_hand_is_used_and_checked(tmp_path: Path):
    file = model_file()
    place = place_of(file, tmp_path)
    place.parent.mkdir()
    place.write_bytes(DATA)
    fetched = fetch_file(file, tmp_path)
    assert fetched.was_there
    keep_to([fetched], tmp_path)
    place.write_bytes(DATA[:-1])
    with pytest.raises(ModelError, match=r"remove its entry from .*lock\.json"):
        fetch_file(file, tmp_path)
    assert place.is_file(), "what somebody put there is theirs"


@pytest.mark.parametrize(
    ("stated", "said"),
    [({"size": 5}, "size is 1024000, not 5 bytes"), ({"sha256": "0" * 64}, "checksum is")],
)
def test_a_file_that_is_not_the_stated_one_is_refused(tmp_path, server, stated, said):
    with pytest.raises(ModelError, match=said):
        fetch_file(model_file(**stated), tmp_path, mirror=server)
    assert names(tmp_path) == set()
    sound = model_file(size=len(DATA), sha256=SHA256)
    assert fetch_file(sound, tmp_path, mirror=server).was_known


def test_pins_survive_and_damage_is_told(tmp_path: Path):
    path = tmp_path / "w"
    path.write_bytes(DATA)
    pin(tmp_path, "w", pin_of(path))
    pin(tmp_path, "v", Pin(1, "a" * 64))
    assert check_pin(tmp_path, "w", pin_of(path))
    assert not check_pin(tmp_path, "other", pin_of(path))
    with pytest.raises(ModelError, match="v is not the file it was"):
        check_pin(tmp_path, "v", pin_of(path))
    for content in ("{", "[]", '{"w": 1}', '{"w": {"size": "1", "sha256": ""}}'):
        (tmp_path / "lock.json").write_text(content)
        with pytest.raises(ModelError, match="delete the file to pin anew"):
            read_lock(tmp_path)
    with pytest.raises(ModelError, match="cannot read"):
        pin_of(tmp_path / "absent")
