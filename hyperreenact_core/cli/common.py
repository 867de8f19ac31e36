"""What several commands share: their options, the host they run on, and what they print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..choices import AUTO, DETECTORS, PRECISIONS, TORCH_NAMES

if TYPE_CHECKING:
    from ..host import LocalHost
    from ..reenact.footage_job import FootageJob
    from ..reenact.replace_job import ReplaceJob
    from ..video.output import FrameWriter

    # What add_subparsers returns, and what a parser and a group of options have in common; argparse
    # gives them no public names.
    Options = argparse._ActionsContainer  # pyright: ignore[reportPrivateUsage]
    ChangingJob = FootageJob | ReplaceJob
    SubParsers = argparse._SubParsersAction[  # pyright: ignore[reportPrivateUsage]
        argparse.ArgumentParser
    ]

OnProgress = Callable[[int, "int | None"], None]
"""Called with the frames done and their total, None if that is unknown."""


def add_model_set_options(parser: argparse.ArgumentParser) -> None:
    """--model-set and --model-path."""
    parser.add_argument(
        "--model-set",
        default="starter",
        metavar="ID",
        help="which networks to use; see `hyperreenact models list` (default: %(default)s)",
    )
    add_model_path_option(parser)


def add_model_path_option(parser: argparse.ArgumentParser) -> None:
    """--model-path, which may be given several times."""
    parser.add_argument(
        "--model-path",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="folder that holds model sets of your own, one folder each; may be repeated",
    )


def add_compute_options(parser: argparse.ArgumentParser, *, precision: str = AUTO) -> None:
    """--device and --precision, which is not shown where there is no choice."""
    add_device_option(parser)
    parser.add_argument(
        "--precision",
        choices=(AUTO, *PRECISIONS),
        default=precision,
        help="number format the networks work in; auto: bf16 where the GPU is made for it (the "
        "detail network: or the processor), else fp32 (default: %(default)s)"
        if precision == AUTO
        else argparse.SUPPRESS,
    )


def add_device_option(options: Options) -> None:
    """--device."""
    options.add_argument(
        "--device",
        metavar="NAME",
        default=AUTO,
        help="auto, cpu, cuda, cuda:1, mps; auto is cuda if there is one, else cpu "
        "(default: %(default)s)",
    )


def add_alias(options: Options, old: str, *, dest: str, **how: Any) -> None:
    """A former name of an option, which still works and is not shown."""
    options.add_argument(old, dest=dest, default=argparse.SUPPRESS, help=argparse.SUPPRESS, **how)


def add_detector_options(options: Options) -> None:
    """--detector and --insightface-root."""
    options.add_argument(
        "--detector",
        choices=DETECTORS,
        default=AUTO,
        help="what finds the faces: the model set's own, or insightface (the extra `faces`; its "
        "models are yours to fetch, for non-commercial research only)",
    )
    options.add_argument(
        "--insightface-root",
        type=Path,
        metavar="DIR",
        help="folder whose models/buffalo_l/ holds insightface's .onnx files "
        "(default: ~/.insightface)",
    )


def file_of_kind(*suffixes: str) -> Callable[[str], Path]:
    """Output files by their name: one of the suffixes or none."""

    def read(text: str) -> Path:
        path = Path(text)
        if path.suffix.lower() not in ("", *suffixes):
            raise argparse.ArgumentTypeError(f"{text!r}: name a {' or '.join(suffixes)} file")
        return path

    return read


def add_track_out_option(options: Options) -> None:
    """Where a pose track is written."""
    options.add_argument(
        "--out",
        "-o",
        type=file_of_kind(".safetensors", ".csv"),
        required=True,
        metavar="POSES",
        help=".safetensors, or .csv for other programs",
    )


def local_host(args: argparse.Namespace, *, on_progress: OnProgress | None = None) -> LocalHost:
    """The host the options ask for; InputError if its device is not there."""
    from ..host import LocalHost, detail_dtype, find_device, multiplies_in, number_format

    device = find_device(args.device)
    dtype = number_format(TORCH_NAMES.get(args.precision, AUTO), device)
    host = LocalHost(
        device=str(device),
        dtype=dtype,
        detail_dtype=detail_dtype(device, dtype) if args.precision == AUTO else dtype,
        model_paths=tuple(args.model_path),
        on_progress=on_progress,
    )
    if not multiplies_in(host.device, host.dtype):
        note(f"warning: this processor only imitates {args.precision}; fp32 is many times faster")
    return host


@contextmanager
def progress_bar(description: str, *, unit: str = "frame") -> Iterator[OnProgress]:
    """A bar on stderr while the block runs; hand what it yields to the host."""
    from tqdm import tqdm

    with tqdm(desc=description, unit=unit, file=sys.stderr, dynamic_ncols=True) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def run_job(args: argparse.Namespace, job: ChangingJob, host: LocalHost) -> str:
    """Do a job that changes the face of a clip's frames; returns what was done, for people."""
    with interruption_told(job.writer):
        job.run(host)
    note_terms(args.detector)
    unchanged = f", {job.unchanged} of them without a face left as they are," * bool(job.unchanged)
    return f"{args.out}: {job.writer.frames_written} frames{unchanged}"


@contextmanager
def interruption_told(writer: FrameWriter) -> Iterator[None]:
    """Say how much is kept where the block is interrupted; own errors tell it themselves."""
    from ..errors import HyperReenactError

    try:
        yield
    except BaseException as error:
        if writer.saved_as is not None and not isinstance(error, HyperReenactError):
            note(f"{writer.frames_written} frames are kept in {writer.saved_as}")
        raise


def note_terms(detector: str) -> None:
    """Name the terms of what found the faces, where it is not the set's own."""
    if detector == "insightface":
        from ..face.insight_detect import INSIGHT_TERMS

        note(f"insightface found the faces: {INSIGHT_TERMS}")


def note(line: str) -> None:
    """Tell the user something that is no result: on stderr."""
    sys.stderr.write(line + "\n")


def say(line: str = "") -> None:
    """Write a line of results to stdout."""
    sys.stdout.write(line + "\n")
