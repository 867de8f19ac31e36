"""A headless Chromium and one page in it, driven through the pipe of its own debugging protocol."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --no-proxy-server --window-size=1600,1000 "
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
)
_SHELL = 'exec "$0" "$@" 3<&{read} 4>&{write}'
"""Chromium reads commands from file 3 and answers on file 4."""


class Page:
    """The page; requests: the messages of the protocol go through it one at a time."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = os.fdopen(commands, "wb"), os.fdopen(answers, "rb")
        self._session: str | None = None
        self._last = 0
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def open(self, url: str, *, ready: str, seconds: float = 120) -> None:
        """Go to an address and wait until an expression is true there."""
        self._ask("Page.navigate", url=url)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.evaluate(ready):
                    return
            except RuntimeError:  # the old page went away under the question
                pass
            time.sleep(0.3)
        raise TimeoutError(f"{url} did not become ready: {ready}")

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression, awaited; RuntimeError for what it throws."""
        said = self._ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in said:
            raise RuntimeError(json.dumps(said["exceptionDetails"])[:1000])
        return said["result"].get("value")

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def _next(self) -> bytes:
        """One message; they end with a zero byte."""
        said = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser is gone")
            said += byte
        return bytes(said)


@contextmanager
def open_browser(program: str, profile: Path) -> Iterator[Page]:
    """Start a browser that talks to this machine alone; it ends with the block."""
    read, commands = os.pipe()
    answers, write = os.pipe()
    options = [f"--{option}" for option in _OPTIONS.removeprefix("--").split(" --")]
    options += ["--remote-debugging-pipe", f"--user-data-dir={profile}"]
    shell = _SHELL.format(read=read, write=write)
    with (profile / "browser.log").open("wb") as log:
        browser = subprocess.Popen(
            ["/bin/bash", "-c", shell, program, *options],
            pass_fds=(read, write),
            stdout=log,
            stderr=log,
        )
    os.close(read)
    os.close(write)
    try:
        yield Page(commands, answers)
    finally:
        browser.terminate()
        browser.wait(20)
