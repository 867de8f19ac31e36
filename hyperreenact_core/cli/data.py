"""`hyperreenact data`: clips of people into shards of face crops that training reads."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..reenact.knobs import STABILISE
from . import numbers
from .common import (
    add_alias,
    add_detector_options,
    add_device_option,
    add_model_set_options,
    local_host,
    progress_bar,
    say,
)
from .engines import add_engine_options, spread_of

if TYPE_CHECKING:
    from ..models.settings import SetSettings
    from ..training.prepare.report import PrepareReport
    from ..training.prepare.settings import PrepareSettings
    from .common import SubParsers

_DESCRIPTION = (
    "Cut the faces out of clips as the networks of a model set read them, and write them into "
    "shards. DIR holds one folder for each person, with videos or folders of pictures at any depth "
    "below: PERSON/CLIP.mp4, PERSON/VIDEO/CLIP.mp4, PERSON/VIDEO/CLIP/0001.jpg. Run it again to go "
    "on where it stopped. report.md says what was dropped and why."
)
_CONSENT = (
    "Use clips only of people who have agreed to it, or that you may use for this under the terms "
    "of their collection and the law; the rights in the videos stay with their owners. The shards "
    "hold faces and the names of the folders: keep and pass them on with the same care."
)
_SHOWN_PROBLEMS = 20


def register(subparsers: SubParsers) -> None:
    """Add `data prepare`."""
    parser = subparsers.add_parser("data", help="prepare clips of people for training")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    prepare = actions.add_parser(
        "prepare",
        help="cut faces out of clips into shards",
        description=_DESCRIPTION,
        epilog=_CONSENT,
    )
    prepare.add_argument("clips", type=Path, metavar="DIR", help="folder of people")
    prepare.add_argument(
        "--out", "-o", type=Path, required=True, metavar="SHARDS", help="folder of the shards"
    )
    add_model_set_options(prepare)
    _add_sampling_options(prepare)
    _add_quality_options(prepare)
    _add_run_options(prepare)
    prepare.set_defaults(run=run, precision="fp32")


_DEFAULT = "(default: %(default)s)"


def _add_sampling_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is taken")
    group.add_argument(
        "--size", type=numbers.positive, metavar="PX", help="of the crops (default: the set's)"
    )
    group.add_argument(
        "--every",
        type=numbers.positive,
        default=1,
        metavar="N",
        help=f"look at each Nth frame {_DEFAULT}",
    )
    group.add_argument(
        "--max-frames",
        type=numbers.positive,
        default=100,
        metavar="N",
        help=f"look at so many frames of a clip, spread over its length {_DEFAULT}",
    )
    group.add_argument(
        "--min-frames",
        type=numbers.positive,
        default=2,
        metavar="N",
        help=f"drop clips with fewer good frames {_DEFAULT}",
    )
    group.add_argument(
        "--stabilise",
        type=numbers.stabilise,
        default=STABILISE.default,
        metavar="N",
        help=f"frames of the clip over which the crop is smoothed, odd, 1 = not at all {_DEFAULT}",
    )
    add_alias(group, "--smooth", dest="stabilise", type=numbers.stabilise)


def _add_quality_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is dropped (0 switches a check off)")
    group.add_argument(
        "--min-face",
        type=numbers.amount,
        metavar="PX",
        help="extent of the landmarks in the frame (default: what needs twofold enlargement)",
    )
    group.add_argument(
        "--min-score",
        type=numbers.share,
        default=0.6,
        metavar="X",
        help=f"of the detector {_DEFAULT}",
    )
    group.add_argument(
        "--min-sharpness",
        type=numbers.amount,
        default=0.12,
        metavar="X",
        help=f"sharp faces have 0.5, blurred ones 0.1 {_DEFAULT}",
    )
    group.add_argument(
        "--max-padding",
        type=numbers.amount,
        default=0.4,
        metavar="X",
        help=f"share of the crop beyond the picture; 1 allows all {_DEFAULT}",
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it runs")
    add_detector_options(group)
    group.add_argument(
        "--workers",
        type=numbers.not_negative,
        default=0,
        metavar="N",
        help=f"processes of their own, each with its networks; 0 = none {_DEFAULT}",
    )
    add_engine_options(group)
    add_device_option(group)


def run(args: argparse.Namespace) -> None:
    """Prepare the clips and say what came of them."""
    from ..models.sets import load_set
    from ..training.prepare.run import prepare_clips

    models = load_set(args.model_set, args.model_path)
    settings = _settings(args, models.settings)
    with progress_bar("prepare", unit="clip") as show:
        report = prepare_clips(
            args.clips,
            args.out,
            models=models,
            host=local_host(args, on_progress=show),
            settings=settings,
            insight_root=args.insightface_root,
            workers=args.workers,
            spread=spread_of(args),
        )
    _tell(report, args.out)


def _settings(args: argparse.Namespace, set_settings: SetSettings) -> PrepareSettings:
    from ..reenact.views import crop_rule
    from ..training.prepare.quality import QualityLimits, least_face
    from ..training.prepare.settings import PrepareSettings

    rule = crop_rule(set_settings)
    if args.size is not None:
        rule = replace(rule, size=args.size)
    return PrepareSettings(
        model_set=args.model_set,
        rule=rule,
        limits=QualityLimits(
            min_face=least_face(rule) if args.min_face is None else args.min_face,
            min_score=args.min_score,
            min_sharpness=args.min_sharpness,
            max_padding=args.max_padding,
        ),
        detector=args.detector,
        every=args.every,
        max_frames=args.max_frames,
        min_frames=args.min_frames,
        smooth=args.stabilise,
    )


def _tell(report: PrepareReport, out: Path) -> None:
    say(report.summary())
    problems = list(report.problems.items())
    for name, why in problems[:_SHOWN_PROBLEMS]:
        say(f"{name}: {why}")
    if len(problems) > _SHOWN_PROBLEMS:
        say(f"... and {len(problems) - _SHOWN_PROBLEMS} more")
    say(f"{out}; all of it is in {out / 'report.md'}")
