"""`hyperreenact`: the entry point, what its exit codes mean, and how errors look.

0 done; 2 wrong arguments or an error with one line that says what to do; 130 stopped by Ctrl-C,
143 by SIGTERM, 129 by SIGHUP; 141 the reader of stdout went away. Anything else is a bug and shows
its traceback.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from ..errors import HyperReenactError
from . import (
    batch,
    data,
    demo,
    edit,
    evaluate,
    models,
    motion,
    quality,
    reenact,
    render,
    stages,
    train,
)
from .common import note
from .shortage import is_out_of_memory, memory_advice
from .stopping import exit_code, stop_signals
from .streams import EXIT_BROKEN_PIPE, steady_streams
from .threads import settle_threads

COMMANDS = (
    *(reenact, edit, stages, motion, quality, batch),
    *(demo, render, data, train, evaluate, models),
)
"""Modules of the commands, in the order the help shows them."""

EXIT_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code.

    argv: without the program's name; None for the process's own, which is then set up for this
    work alone.
    """
    if argv is None:
        settle_threads(os.environ)
    with steady_streams() as stdout:
        try:
            code = _run(argv)
        except SystemExit:  # how argparse ends after --help or a complaint
            stdout.flush()
            if stdout.error is None:
                raise
            code = 0
        stdout.flush()
        if isinstance(stdout.error, BrokenPipeError):
            return code or EXIT_BROKEN_PIPE
        if stdout.error is not None:
            note(f"error: what belongs on stdout cannot be written ({stdout.error.strerror})")
            return code or EXIT_ERROR
    return code


def _run(argv: Sequence[str] | None) -> int:
    args = build_parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if args.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    try:
        with stop_signals():
            code: int | None = args.run(args)
    except HyperReenactError as error:
        note(f"error: {' '.join(str(error).splitlines())}")
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        note("interrupted")
        return exit_code(error)
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            # A name that is too long, a folder that is closed: where a path is only asked about.
            note(f"error: {error.filename!s} cannot be used: {error.strerror}")
        elif is_out_of_memory(error):
            note(f"error: {memory_advice(error, args)}")
        else:
            raise
        return EXIT_ERROR
    return code or 0


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="hyperreenact",
        description="Animate a face from one picture with the movements of a video.",
    )
    parser.add_argument("--version", action=_Version, help="show the version and leave")
    parser.add_argument("-v", "--verbose", action="store_true", help="log details to stderr")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that takes longer than all the rest of --help."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"{parser.prog} {_version()}\n")
        parser.exit()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hyperreenact")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
