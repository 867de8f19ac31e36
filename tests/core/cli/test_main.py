from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from hyperreenact_core.cli import main as entry
from hyperreenact_core.cli.common import (
    add_compute_options,
    add_model_set_options,
    local_host,
    progress_bar,
    say,
)
from hyperreenact_core.errors import InputError, ModelError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Put one command `do` in place of all others; it calls the function given."""

    def install(action: Callable[[], object]) -> None:
        def register(subparsers):
            subparsers.add_parser("do").set_defaults(run=lambda _: action())

        monkeypatch.setattr(entry, "COMMANDS", (SimpleNamespace(register=register),))

    return install


def raiser(error: BaseException) -> Callable[[], object]:
    def action() -> object:
        raise error

    return action


def test_success_is_zero_and_results_go_to_stdout(command, capsys):
    command(lambda: say("42"))
    assert entry.main(["do"]) == 0
    assert capsys.readouterr() == ("42\n", "")


@pytest.mark.parametrize(
    "error", [ModelError("no such file: a\nb"), InputError("no such file: a b")]
)
def test_an_error_for_the_user_is_one_line_and_code_2(command, capsys, error):
    command(raiser(error))
    assert entry.main(["do"]) == 2
    assert capsys.readouterr() == ("", "error: no such file: a b\n")


def test_ctrl_c_is_one_line_and_code_130(command, capsys):
    command(raiser(KeyboardInterrupt()))
    assert entry.main(["do"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_bug_keeps_its_traceback(command):
    command(raiser(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        entry.main(["do"])


def test_a_path_that_cannot_be_asked_about_is_one_line_and_code_2(command, capsys) -> None:
    command(raiser(OSError(36, "File name too long", "nnn.png")))
    assert entry.main(["do"]) == 2
    assert capsys.readouterr().err == "error: nnn.png cannot be used: File name too long\n"


@pytest.mark.parametrize("argv", [[], ["dance"], ["--dance"], ["models"], ["models", "dance"]])
def test_wrong_arguments_show_usage_and_code_2(capsys, argv: list[str]):
    with pytest.raises(SystemExit) as caught:
        entry.main(argv)
    assert caught.value.code == 2
    assert "usage: hyperreenact" in capsys.readouterr().err


def run(*argv: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    program = code or "import sys; from hyperreenact_core.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *argv], capture_output=True, text=True, check=False
    )


def test_version_and_help_come_at_once_without_torch():
    before = os.times().children_user
    version = run("--version")
    seconds = os.times().children_user - before
    assert version.returncode == 0
    assert version.stdout.startswith("hyperreenact ")
    assert seconds < 0.5


@pytest.mark.parametrize(
    "command",
    ["", "reenact", "batch", "demo", "render shards", "data prepare", "train e4e", "evaluate"],
)
def test_no_help_loads_the_libraries(command: str):
    code = (
        "import sys\n"
        "from hyperreenact_core.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'cv2', 'av', 'PIL', 'yaml', 'email'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )
    done = run(*command.split(), "--help", code=code)
    assert "usage: hyperreenact" in done.stdout
    assert done.stderr == ""


def parse(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_model_set_options(parser)
    add_compute_options(parser)
    return parser.parse_args(argv)


def test_options_become_a_host():
    import torch

    args = parse("--model-path", "a", "--model-path", "b", "--device", "cpu", "--precision", "bf16")
    host = local_host(args)
    assert host.device == torch.device("cpu")
    assert host.dtype == torch.bfloat16
    assert [str(path) for path in host.model_paths()] == ["a", "b"]
    assert parse().model_set == "starter"
    assert local_host(parse()).dtype == torch.float32


@pytest.mark.parametrize("device", ["toaster", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused_in_one_line(device: str):
    with pytest.raises(InputError, match=f"--device {device} cannot be used here") as caught:
        local_host(parse("--device", device))
    assert "\n" not in str(caught.value)


def test_progress_goes_to_stderr(capsys):
    with progress_bar("drawing") as show:
        for done in (1, 2, 3):
            show(done, 3)
    out, err = capsys.readouterr()
    assert out == ""
    assert "drawing" in err
    assert "3/3" in err
