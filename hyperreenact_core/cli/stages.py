"""`hyperreenact invert`, `blend`, `poses`, `puppet`, `draw`: parts of the chain, files between.

An identity is inverted once for all clips, a performance read once for all faces.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..choices import MISSING_FACE
from ..reenact.knobs import BLEND, CSV_LAYOUTS, PUPPET_LIMITS
from . import knobs, numbers
from .common import (
    add_compute_options,
    add_detector_options,
    add_model_set_options,
    add_track_out_option,
    file_of_kind,
)
from .stage_runs import run_blend, run_draw, run_invert, run_poses, run_puppet

if TYPE_CHECKING:
    from .common import SubParsers


_BLEND = """\
Write an identity between two people, as the generator draws it. The picture whose pixels `--detail`
carries over is that of whom more is taken: the blend shows with less detail.
"""


def register(subparsers: SubParsers) -> None:
    """Add the five commands."""
    _add_invert(subparsers)
    _add_blend(subparsers)
    _add_poses(subparsers)
    _add_puppet(subparsers)
    _add_draw(subparsers)


def _add_invert(subparsers: SubParsers) -> None:
    text = "encode who a face is into an identity file"
    parser = subparsers.add_parser("invert", help=text, description=text.capitalize())
    parser.add_argument("source", type=Path, metavar="SOURCE", help="picture of the person")
    _add_identity_out(parser)
    parser.add_argument(
        "--picture", type=Path, metavar="PNG", help="write here what the codes alone draw"
    )
    knobs.add_face_option(parser, "--face", whose="SOURCE")
    knobs.add_framing_options(parser, without="the crop itself")
    _add_common(parser)
    add_detector_options(parser)
    parser.set_defaults(run=run_invert)


def _add_blend(subparsers: SubParsers) -> None:
    parser = subparsers.add_parser(
        "blend", help="put two identity files together into one", description=_BLEND
    )
    parser.add_argument("first", type=Path, metavar="FIRST", help="from `invert`")
    parser.add_argument("second", type=Path, metavar="SECOND", help="likewise")
    _add_identity_out(parser)
    meaning = "how much of SECOND is taken (default: %(default)s)"
    knobs.add_knob(parser, BLEND, meaning, default=BLEND.default)
    parser.add_argument(
        "--picture", type=Path, metavar="PNG", help="write here what the codes alone draw"
    )
    _add_common(parser)
    parser.set_defaults(run=run_blend)


def _add_poses(subparsers: SubParsers) -> None:
    text = "read the performance of a clip or another file into a pose track, which shows nobody"
    parser = subparsers.add_parser("poses", help=text, description=text.capitalize())
    parser.add_argument("driving", type=Path, metavar="DRIVING", help="clip, pose track or CSV")
    add_track_out_option(parser)
    parser.add_argument(
        "--layout",
        choices=CSV_LAYOUTS,
        default=CSV_LAYOUTS[0],
        help="columns of a .csv: all there is, or those of Live Link Face (default: %(default)s)",
    )
    _add_plot(parser)
    knobs.add_face_option(parser, "--driving-face", whose="DRIVING")
    parser.add_argument(
        "--no-face",
        choices=MISSING_FACE,
        default=MISSING_FACE[0],
        help="frames without a face: keep the last pose, drop them, or stop (default: %(default)s)",
    )
    knobs.add_stabilise_option(parser)
    knobs.add_batch_option(parser)
    _add_common(parser)
    add_detector_options(parser)
    parser.set_defaults(run=run_poses)


def _add_puppet(subparsers: SubParsers) -> None:
    text = "make a pose track by hand: sliders and keyframes move a drawn head"
    parser = subparsers.add_parser("puppet", help=text, description=text.capitalize())
    add_track_out_option(parser)
    parser.add_argument("--frames", type=numbers.positive, default=1, metavar="N")
    parser.add_argument(
        "--keyframes",
        type=Path,
        metavar="FILE",
        help="lines such as '24: yaw=-30 smile=0.8'; values ease from key to key",
    )
    parser.add_argument("--puppet", type=Path, metavar="OUT", help="write the drawn head here")
    parser.add_argument("--fps", type=numbers.rate, default=Fraction(25), metavar="RATE")
    _add_plot(parser)
    sliders = parser.add_argument_group("sliders: of the head in degrees, of the face in shares")
    for name, (low, high) in PUPPET_LIMITS.items():
        sliders.add_argument(
            f"--{name.replace('_', '-')}",
            type=numbers.real(low, high),
            default=0.0,
            metavar=f"{low:g}..{high:g}",
        )
    knobs.add_batch_option(parser)
    _add_common(parser)
    parser.set_defaults(run=run_puppet)


def _add_draw(subparsers: SubParsers) -> None:
    text = "draw an identity file in the poses of a pose track"
    parser = subparsers.add_parser("draw", help=text, description=text.capitalize())
    parser.add_argument("identity", type=Path, metavar="IDENTITY", help="from `invert`")
    parser.add_argument(
        "poses",
        type=Path,
        metavar="POSES",
        help="from `poses` or `puppet`, or a .csv, such as Live Link Face records",
    )
    parser.add_argument("--out", "-o", type=Path, required=True, help="as of `reenact`")
    parser.add_argument(
        "--fps",
        type=numbers.rate,
        metavar="RATE",
        help="frames a second (default: the track's)",
    )
    knobs.add_detail_options(parser, default=None)
    knobs.add_psi_option(parser)
    knobs.add_strength_options(parser)
    knobs.add_batch_option(parser)
    _add_common(parser)
    parser.set_defaults(run=run_draw)


def _add_identity_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        "-o",
        type=file_of_kind(".safetensors"),
        required=True,
        metavar="IDENTITY",
        help=".safetensors file",
    )


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plot", type=Path, metavar="PNG", help="write a plot here: its movements over time"
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_model_set_options(parser)
    add_compute_options(parser)
