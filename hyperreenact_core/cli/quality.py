"""`hyperreenact quality`: how well a clip keeps the source and follows the driving face."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import knobs, stage_runs
from .common import (
    add_compute_options,
    add_detector_options,
    add_model_set_options,
    local_host,
    progress_bar,
    say,
)

if TYPE_CHECKING:
    from .common import SubParsers


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "quality",
        help="measure a finished clip against source and driving clip",
        description="Measure, frame by frame, how much the faces of RESULT look like SOURCE and "
        "how well they follow DRIVING. RESULT holds the faces as they are drawn, not pasted back. "
        "Where the set has judging networks that saw none of the training, they judge.",
    )
    parser.add_argument("result", type=Path, metavar="RESULT", help="what `reenact` wrote")
    parser.add_argument("source", type=Path, metavar="SOURCE", help="picture of the person")
    parser.add_argument("driving", type=Path, metavar="DRIVING", help="what drove it")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="write the figures' curves here")
    knobs.add_face_option(parser, "--face", whose="SOURCE")
    knobs.add_face_option(parser, "--driving-face", whose="DRIVING")
    knobs.add_stabilise_option(parser)
    add_detector_options(parser)
    add_model_set_options(parser)
    add_compute_options(parser, precision="fp32")
    parser.set_defaults(run=run, no_face="hold")


def run(args: argparse.Namespace) -> None:
    """Measure and print the report."""
    from ..evaluation.clip import report_on_clip
    from ..imaging import tensor_from_u8
    from ..models.sets import load_set
    from ..reenact.faces import AlignOptions, align_faces
    from ..video.pictures import read_image
    from ..video.reader import open_frames
    from ..video.stills import write_image

    stage_runs.check_places([args.plot], [args.result, args.source, args.driving])
    results, driving = open_frames(args.result), open_frames(args.driving)
    picture = read_image(args.source)
    with progress_bar("quality") as show:
        host = local_host(args, on_progress=show)
        models = load_set(args.model_set, args.model_path)
        finder = stage_runs.detector(args, models, host)
        alone = AlignOptions(choice=args.face, stabilise=1)
        source = align_faces([picture], models, host, alone, detector=finder).crop_at(0)
        report = report_on_clip(
            [tensor_from_u8(frame)[0] for frame in results],
            source.image,
            [crop.image for crop in stage_runs.faces_of(args, driving, models, host).crops],
            models,
            host,
        )
    if args.plot is not None:
        write_image(args.plot, report.to_plot())
    say(report.to_text())
