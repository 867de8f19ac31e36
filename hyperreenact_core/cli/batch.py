"""`hyperreenact batch`: many clips on this machine, a Ray cluster or a ComfyUI that runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import batch_graph, batch_jobs, job_files, numbers
from .engines import add_ray_options

if TYPE_CHECKING:
    from .common import Options, SubParsers

ENGINES = ("local", "ray", "comfyui")

_DESCRIPTION = f"""\
Do all jobs of a file, on processes of this machine, on a Ray cluster or on ComfyUI servers; or,
where clips are named as well, run one API-format graph of ComfyUI once for each clip.

{job_files.FORMAT}
Long clips are cut into ranges of frames that are drawn apart; the result is the same. What is done
is skipped when the same is run again. A job that fails, fails alone; the exit code tells.

A graph's clip is the input of its Load Video node (or the one named with --input), the source of a
job that of its Load Image node (--source-input); files are uploaded first, and the result of a job
comes back. --graph names the graph for a file of jobs, whose other entries are inputs of nodes:
{{"source": "a.png", "driving": "b.mp4", "out": "c.mp4", "KSampler.seed": 3}}. Name several --server
to share the work among them.
"""


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
        "--source-input",
        default="LoadImage.image",
        metavar="NODE.INPUT",
        help="where the source of a job goes (default: %(default)s)",
    )
    options.add_argument(
        "--graph", type=Path, metavar="FILE", help="API-format graph that does the jobs of a file"
    )
    options.add_argument(
        "--server",
        action="append",
        default=[],
        metavar="URL",
        help=f"may be repeated (default: {batch_graph.SERVER})",
    )
    options.add_argument(
        "--no-wait", action="store_true", help="leave once all are queued, before they are done"
    )


def run(args: argparse.Namespace) -> None:
    """Do the jobs, or queue the clips and wait for the results."""
    args.engine = args.engine or ("comfyui" if args.clips or args.graph else "local")
    if args.engine != "comfyui" and (args.clips or args.graph):
        raise InputError(f"--engine {args.engine} takes a file of jobs, no clips and no graph")
    if args.engine != "comfyui":
        batch_jobs.run_jobs(args)
    elif args.graph is not None and not args.clips:
        batch_graph.run_jobs(args)
    elif args.clips and args.graph is None:
        batch_graph.run_clips(args)
    else:
        raise InputError("--engine comfyui takes a graph and clips, or a file of jobs and --graph")
