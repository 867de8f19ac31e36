"""Fetch one file over HTTP, going on where an earlier attempt stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ..errors import ModelError, OutputError
from ..whole_files import write_errors, write_whole

OnBytes = Callable[[int, "int | None"], None]
"""Called with the bytes there are and the bytes expected, None if that is unknown."""

PART = ".part"
"""Ending of a file that is not complete."""

_TIMEOUT_S = 60
_CHUNK = 2**18
_DRIVE_PAGE = re.compile(r"https://drive\.google\.com/file/d/([\w-]+)/")
_DRIVE_FILE = "https://drive.usercontent.google.com/download?id={}&export=download&confirm=t"


def download(
    url: str, path: Path, *, page: str | None = None, on_bytes: OnBytes | None = None
) -> None:
    """Fetch `url` to `path`, or the rest of it if its beginning is there from before.

    page: where a person can fetch the file; `url` if None.
    Raises ModelError if the server fails, stops early or answers with a web page, OutputError if
    the file cannot be written; what has come stays, and the next call goes on from there.
    """
    tag_file = path.with_name(f"{path.name}.tag")
    with write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        have = path.stat().st_size if path.is_file() else 0
        tag = tag_file.read_text(encoding="utf-8") if tag_file.is_file() else None
    try:
        with _open(url, have=have, tag=tag) as response:
            headers: Message = response.headers
            if headers.get_content_type() == "text/html":
                raise ModelError(_page_instead_of_file(page or url, path))
            resumed = response.status == 206 and _range_start(headers) == have
            have = have if resumed else 0
            length = headers.get("Content-Length", "")
            total = have + int(length) if length.isdecimal() else None
            _keep_tag(tag_file, headers)
            have = _receive(response, path, have=have, total=total, on_bytes=on_bytes)
    except HTTPError as error:
        if error.code != 416:
            raise ModelError(f"the server said {error.code} {error.reason}: {url}") from error
        total = _range_total(error.headers)  # nothing is left to fetch, or the file has shrunk
        if total != have:
            path.unlink(missing_ok=True)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise ModelError(f"cannot fetch {url} ({reason}); run it again to go on") from error
    if total is not None and have != total:
        raise ModelError(f"{url} stopped after {have} of {total} bytes; run it again to go on")
    tag_file.unlink(missing_ok=True)


def direct_url(url: str) -> str:
    """The address of the file itself where `url` is a Google Drive page about it."""
    match = _DRIVE_PAGE.match(url)
    return _DRIVE_FILE.format(match[1]) if match else url


def _open(url: str, *, have: int, tag: str | None) -> Any:
    headers = {"User-Agent": "hyperreenact"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag:  # the server starts anew where the file is no longer the one begun with
            headers["If-Range"] = tag
    if not url.startswith(("https://", "http://")):
        raise ModelError(f"not a web address: {url}")
    return urlopen(Request(url, headers=headers), timeout=_TIMEOUT_S)


def _receive(
    response: Any, path: Path, *, have: int, total: int | None, on_bytes: OnBytes | None
) -> int:
    """Append the answer to the file; returns the bytes there are now."""
    with write_errors(path):
        file = path.open("ab" if have else "wb")
    with file:
        while chunk := cast(bytes, response.read(_CHUNK)):
            with write_errors(path):
                file.write(chunk)
            have += len(chunk)
            if on_bytes is not None:
                on_bytes(have, total)
    return have


def _keep_tag(tag_file: Path, headers: Message) -> None:
    """What tells this version of the file from another one, for a later If-Range."""
    tag = headers.get("ETag") or headers.get("Last-Modified") or ""
    with suppress(OSError, OutputError):  # without it a part is still resumed, less safely
        if tag and not tag.startswith("W/"):
            write_whole(tag_file, tag.encode())
        else:
            tag_file.unlink(missing_ok=True)


def _range_start(headers: Message) -> int | None:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _range_total(headers: Message) -> int | None:
    match = re.match(r"bytes \*/(\d+)", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _page_instead_of_file(page: str, path: Path) -> str:
    name = path.name.removesuffix(PART)
    return (
        f"a web page came in place of {name} (Google Drive asks for a confirmation, or too many "
        f"have fetched the file today): open {page} in a browser, save the file as "
        f"{path.with_name(name)}, and run this again"
    )
