"""`hyperreenact motion edit` and `motion mix`: performances changed and put together."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..reenact.knobs import (
    LENGTH_RULES,
    LOOP_BLEND,
    MIX_WEIGHT,
    MOTION_FACTOR,
    MOTION_SECONDS,
    MOTION_SMOOTH,
    MOTION_SPEED,
    REGIONS,
    RELATIVES,
)
from . import numbers
from .common import add_track_out_option, say
from .knobs import add_knob
from .stage_runs import check_places, text_of

if TYPE_CHECKING:
    from ..reenact.detail.performance import Performance
    from .common import SubParsers

_FACE = ("eyes", "brows", "mouth", "jaw")
_EDIT = """\
Change what is performed in the pose track IN, in this order: cut (--start, --frames), steady
(--smooth), --mirror, lay on the source's own face (--relative and the factors), play faster or
slower (--speed, --length, --seconds), there and back (--ping-pong), repeat (--loop), blend in and
out.

The result is drawn with detail 1 by any set, or by a set that is told states.
"""
_MIX = """\
Put two pose tracks together: each part of the face follows FIRST (0) or SECOND (1), or anything
between. A keyframe is a line such as '24: mouth=1 eyes=0', or '24: all=1'; values ease from key to
key. The result is drawn as that of `motion edit`.
"""


def register(subparsers: SubParsers) -> None:
    """Add the command and its two parts."""
    text = "edit and mix pose tracks"
    parser = subparsers.add_parser("motion", help=text, description=text.capitalize())
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_edit(parts)
    _add_mix(parts)


def _add_edit(parts: SubParsers) -> None:
    parser = parts.add_parser(
        "edit",
        help="change how much, how fast and how steadily a pose track performs",
        description=_EDIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("poses", type=Path, metavar="IN", help="from `poses` or `puppet`")
    _add_out(parser)
    parser.add_argument(
        "--source",
        type=Path,
        metavar="IDENTITY",
        help="from `invert`: whose own face and head factors and --relative begin from "
        "(default: a neutral face)",
    )
    parser.add_argument(
        "--relative",
        choices=RELATIVES,
        default=RELATIVES[0],
        help="take the change since the first or the calmest frame, not the very pose and face "
        "(default: %(default)s)",
    )
    parser.add_argument("--mirror", action="store_true", help="left for right")
    add_knob(
        parser,
        MOTION_SMOOTH,
        "frames over which trembling is taken out; blinks and plosives stay; 2 is good, "
        "0 = not at all (default: %(default)s)",
        default=MOTION_SMOOTH.default,
    )
    _add_factors(parser)
    _add_times(parser)
    parser.set_defaults(run=run_edit)


def _add_factors(parser: argparse.ArgumentParser) -> None:
    factors = parser.add_argument_group(
        "factors: 0 is the source's own, 1 as performed, more exaggerates"
    )
    meaning = "all parts of the face but the gaze"
    add_knob(factors, MOTION_FACTOR, meaning, name="expression")
    for region in REGIONS:
        add_knob(factors, MOTION_FACTOR, name=region)


def _add_times(parser: argparse.ArgumentParser) -> None:
    times = parser.add_argument_group("time, in frames")
    times.add_argument("--start", type=numbers.not_negative, default=0, metavar="N")
    times.add_argument("--frames", type=numbers.positive, default=0, metavar="N")
    pace = times.add_mutually_exclusive_group()
    add_knob(pace, MOTION_SPEED, "2 is twice as fast", default=MOTION_SPEED.default)
    pace.add_argument(
        "--length", type=numbers.positive, default=0, metavar="N", help="in so many frames"
    )
    seconds = MOTION_SECONDS.default
    add_knob(pace, MOTION_SECONDS, "in so many seconds", default=seconds, metavar="S")
    times.add_argument("--ping-pong", action="store_true", help="there and back")
    times.add_argument("--loop", type=numbers.positive, default=1, metavar="TIMES")
    add_knob(
        times,
        LOOP_BLEND,
        "frames before and after the seam of a loop over which its jump is evened out "
        "(default: %(default)s)",
        default=LOOP_BLEND.default,
        metavar="N",
    )
    for way in ("in", "out"):
        times.add_argument(
            f"--blend-{way}",
            type=numbers.not_negative,
            default=0,
            metavar="N",
            help="out of the source's own face" if way == "in" else "and back to it",
        )


def _add_mix(parts: SubParsers) -> None:
    parser = parts.add_parser(
        "mix",
        help="eyes from one pose track, mouth from another",
        description=_MIX,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("first", type=Path, metavar="FIRST")
    parser.add_argument("second", type=Path, metavar="SECOND")
    _add_out(parser)
    weights = parser.add_argument_group("weights: 0 follows FIRST, 1 SECOND")
    for region in REGIONS:
        add_knob(weights, MIX_WEIGHT, name=region, default=MIX_WEIGHT.default)
    weights.add_argument("--keyframes", type=Path, metavar="FILE", help="weights over time")
    parser.add_argument(
        "--length",
        choices=LENGTH_RULES,
        default=LENGTH_RULES[0],
        help="tracks of unequal length: the shorter keeps its last frame or begins again, the "
        "longer is cut, or SECOND is stretched to FIRST (default: %(default)s)",
    )
    parser.set_defaults(run=run_mix)


def _add_out(parser: argparse.ArgumentParser) -> None:
    add_track_out_option(parser)
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="write a plot here: before and after"
    )


def run_edit(args: argparse.Namespace) -> None:
    """Write the edited pose track."""
    from ..reenact.files import load_identity
    from ..reenact.motion.edit import MotionEdit, edit_motion
    from ..reenact.motion.rest import rest_of

    inputs = [args.poses, *([args.source] if args.source else [])]
    check_places([args.out, args.plot], inputs)
    named: dict[str, Any] = {field.name: getattr(args, field.name) for field in fields(MotionEdit)}
    named.update(_factors(args))
    edit = MotionEdit(**named)
    before = _performance(args.poses)
    source = rest_of(load_identity(args.source)) if args.source else None
    after = edit_motion(before, edit, source=source)
    _finish(args, before, after)


def run_mix(args: argparse.Namespace) -> None:
    """Write the mixed pose track."""
    from ..reenact.keyframes import parse_keys
    from ..reenact.motion.mix import MIX_KEY, MIX_LIMITS, MotionMix, mix_motion

    check_places([args.out, args.plot], [args.first, args.second])
    keys = {}
    if args.keyframes is not None:
        keys = parse_keys(text_of(args.keyframes), MIX_LIMITS, such_as=MIX_KEY)
    mix = MotionMix({region: getattr(args, region) for region in REGIONS}, keys, args.length)
    first, second = _performance(args.first), _performance(args.second)
    after = mix_motion(first, second, mix)
    _finish(args, first, after)


def _factors(args: argparse.Namespace) -> dict[str, float]:
    """Of the regions; --expression stands for those of the face that are not named."""
    whole = MOTION_FACTOR.default if args.expression is None else args.expression
    factors: dict[str, float] = {}
    for region in REGIONS:
        named: float | None = getattr(args, region)
        usual = whole if region in _FACE else MOTION_FACTOR.default
        factors[region] = usual if named is None else named
    return factors


def _performance(path: Path) -> Performance:
    from ..reenact.files import load_poses

    performance = load_poses(path).performance
    if performance is None:
        raise InputError(
            f"{path.name} holds no states of the head, which edits need: read the clip again with "
            "`poses`"
        )
    return performance


def _finish(args: argparse.Namespace, before: Performance, after: Performance) -> None:
    from ..reenact.files import save_poses
    from ..reenact.motion.report import motion_report
    from ..reenact.plots import plot_poses
    from ..reenact.posetrack import track_of
    from ..video.stills import write_image

    track = track_of(after)
    save_poses(args.out, track)
    if args.plot is not None:
        write_image(args.plot, plot_poses(track, before=track_of(before)))
    say(f"{args.out}: {motion_report(before, after)}")
