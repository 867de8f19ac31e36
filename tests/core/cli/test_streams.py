"""What happens to stdout, stderr and the process never decides what becomes of the work."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hyperreenact_core.cli.shortage import is_out_of_memory
from hyperreenact_core.video.reader import open_frames

_BEFORE = """
import sys
from pathlib import Path
from types import SimpleNamespace
from hyperreenact_core.cli import main as entry
from hyperreenact_core.cli.common import note, progress_bar, say

def register(subparsers):
    subparsers.add_parser("do").set_defaults(run=lambda _: do())

entry.COMMANDS = (SimpleNamespace(register=register),)
"""
TALKS = """
def do():
    with progress_bar("work") as show:
        for done in range(3000):
            show(done, 3000)
            note("a line")
            say("result " * 20)
    Path("done").write_text("the result")
"""
WRITES = """
def do():
    import numpy as np
    from fractions import Fraction
    from hyperreenact_core.video.outputs import open_writer
    with open_writer(Path(sys.argv[2]), width=64, height=48, rate=Fraction(25)) as writer:
        while True:
            writer.write(np.zeros((48, 64, 3), np.uint8))
            if writer.frames_written == 30:
                say("begun")
                sys.stdout.flush()
"""
_AFTER = "sys.exit(entry.main(sys.argv[1:2]))"


def command(body: str, *argv: str) -> list[str]:
    """A program whose command `do` is the one of `body`."""
    return [sys.executable, "-c", f"{_BEFORE}{body}{_AFTER}", "do", *argv]


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        ("<&- >&- 2>&-", 0),
        (">/dev/full", 2),
        ("2>/dev/full", 0),
        ("| head -1", 141),
        ("2>&1 | head -1", 141),
    ],
)
def test_work_is_done_whatever_becomes_of_the_streams(
    tmp_path: Path, redirection: str, code: int
) -> None:
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    script = f'"$@" {redirection}\nexit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *command(TALKS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path.cwd())},
    )
    assert done.returncode == code
    assert (tmp_path / "done").read_text() == "the result"
    assert "Traceback" not in done.stderr
    if redirection == ">/dev/full":
        assert done.stderr.endswith("stdout cannot be written (No space left on device)\n")


def test_names_that_the_terminal_cannot_show_are_no_crash(tmp_path: Path) -> None:
    body = 'def do():\n    say("käse \\udcff")\n    note("käse \\udcff")\n'
    done = subprocess.run(
        command(body),
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(Path.cwd()), "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert done.stdout == rb"k\xe4se \udcff" + b"\n"


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [("SIGINT", 130, "out.mp4"), ("SIGTERM", 143, "out.mp4"), ("SIGHUP", 129, "out")],
)
def test_every_request_to_stop_keeps_what_is_done(
    tmp_path: Path, number: str, code: int, name: str
) -> None:
    if not hasattr(signal, number):
        pytest.skip("no such signal here")
    process = subprocess.Popen(
        command(WRITES, str(tmp_path / name)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # The tests themselves may run where it is ignored, as under nohup.
        preexec_fn=lambda: signal.signal(getattr(signal, number), signal.SIG_DFL),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        # A terminal that closes tells a process twice.
        for _ in range(1 if number == "SIGINT" else 2):
            process.send_signal(getattr(signal, number))
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said) == (code, "interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(list(open_frames(tmp_path / name))) >= 30


def test_what_the_parent_ignores_stays_ignored(tmp_path: Path) -> None:
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("no such signal here")
    body = "import os, signal\ndef do():\n    os.kill(os.getpid(), signal.SIGHUP)\n    say('on')\n"
    done = subprocess.run(
        ["bash", "-c", 'trap "" HUP; "$@"', "bash", *command(body)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "on\n")


SHORTAGES = {
    "numpy": "import numpy as np\n    np.empty(2**60, np.uint8)",
    "torch": "import torch\n    torch.empty(2**58)",
    "python": "bytearray(2**60)",
    "opencv": "import cv2, numpy as np\n    cv2.resize(np.zeros((9, 9), np.uint8), (2**30, 2**30))",
}


@pytest.mark.parametrize("library", SHORTAGES)
def test_memory_that_runs_out_is_one_line_that_says_what_to_do(library: str) -> None:
    done = subprocess.run(
        command(f"def do():\n    {SHORTAGES[library]}\n"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: memory ran out")
    assert "try smaller pictures, or closing other programs" in done.stderr
    assert done.stderr.count("\n") == 1


def test_other_errors_are_no_shortage() -> None:
    assert not is_out_of_memory(RuntimeError("size mismatch"))
    assert not is_out_of_memory(OSError("no such file"))
