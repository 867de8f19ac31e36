"""`hyperreenact evaluate --data`: the paper's protocol on prepared clips of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import numbers
from .common import local_host, progress_bar, say

if TYPE_CHECKING:
    from ..evaluation.clips_report import ClipsReport
    from ..evaluation.report import Report

_ONLY_RENDERED = ("sheet", "plots", "results")
"""Outputs that need to know the true picture of every pair."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options that count with --data alone."""
    group = parser.add_argument_group("clips of your own")
    group.add_argument(
        "--data",
        type=Path,
        metavar="SHARDS",
        help="measure on the clips that `hyperreenact data prepare` put there",
    )
    group.add_argument(
        "--cross-pairs",
        type=numbers.positive,
        default=35,
        metavar="N",
        help="random pairs of clips of different people (default: %(default)s, as in the paper)",
    )
    group.add_argument(
        "--max-frames",
        type=numbers.positive,
        default=100,
        metavar="N",
        help="frames of each clip, from its first on (default: %(default)s)",
    )
    group.add_argument(
        "--i3d",
        type=Path,
        metavar="FILE",
        help="TorchScript file of the I3D network FVD is defined by; it is a program, so only one "
        "you trust",
    )


def run(args: argparse.Namespace) -> None:
    """Measure, then write what was asked for."""
    from ..evaluation.baselines import find_baselines
    from ..evaluation.on_clips import ClipsConfig, evaluate_clips
    from ..evaluation.output import check_outputs
    from ..evaluation.outside import find_outside
    from ..models.sets import load_set
    from ..training.data.clips import load_clips

    if unknown := [name for name in _ONLY_RENDERED if getattr(args, name) is not None]:
        raise InputError(
            f"--{unknown[0]} is for rendered people: leave --data or --{unknown[0]} out"
        )
    config = ClipsConfig(cross_pairs=args.cross_pairs, max_frames=args.max_frames, seed=args.seed)
    outputs = [path for path in (args.json, args.markdown) if path is not None]
    check_outputs(outputs)
    clips = load_clips(args.data)
    networks = load_set(args.model_set, args.model_path)
    baselines = () if args.ablations is None else find_baselines(networks.folder, args.ablations)
    with progress_bar("evaluate", unit="frame") as show:
        host = local_host(args, on_progress=show)
        outside = find_outside(host.device, i3d=args.i3d)
        report = evaluate_clips(
            networks,
            clips,  # pyright: ignore[reportArgumentType] - takes no cached_property for a property
            config,
            host,
            outside=outside,
            baselines=baselines,
        )
    tell(args, report)


def tell(args: argparse.Namespace, report: Report | ClipsReport) -> None:
    """Write the figures where they were asked for, or print them."""
    from ..whole_files import write_whole

    if args.json is not None:
        write_whole(args.json, (report.to_json() + "\n").encode())
    if args.markdown is not None:
        write_whole(args.markdown, report.to_markdown().encode())
    else:
        say(report.to_markdown())
