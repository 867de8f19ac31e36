"""`hyperreenact edit`: another expression on the face of a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..reenact.knobs import SIZE
from ..reenact.sliders import PRESETS, SLIDERS
from . import knobs, numbers
from .common import (
    add_compute_options,
    add_detector_options,
    add_model_set_options,
    local_host,
    say,
)
from .stage_runs import check_places, detector

if TYPE_CHECKING:
    from ..reenact.expression import Expression
    from .common import SubParsers

_DESCRIPTION = """\
Change the expression of the face in PORTRAIT: everything else stays as the picture shows it.

Sliders say what is changed, so 0 leaves the face as it is. Several may follow --set:
  hyperreenact edit me.jpg --out me_smiling.png --set smile=0.8 yaw=-15
  hyperreenact edit me.jpg --out wink.png --preset wink --save wink.safetensors
"""


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "edit",
        help="change the expression of a face with sliders",
        description=_DESCRIPTION,
        epilog=_sliders_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("portrait", type=Path, metavar="PORTRAIT", help="picture of the person")
    parser.add_argument(
        "--out", "-o", type=Path, required=True, metavar="PICTURE", help="where the result goes"
    )
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default="neutral", help="an expression to begin with"
    )
    parser.add_argument(
        "--amount",
        type=numbers.real(0, 1),
        default=1.0,
        metavar="0..1",
        help="how much of the preset (default: %(default)s)",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="SLIDER=VALUE",
        help="values in the place of the preset's; the sliders are listed below",
    )
    parser.add_argument(
        "--save",
        type=Path,
        metavar="EXPRESSION",
        help="write the result's pose and expression here: a pose track of one frame "
        "(.safetensors), for any face",
    )
    parser.add_argument(
        "--face-only",
        action="store_true",
        help="the square around the face instead of the whole picture",
    )
    knobs.add_knob(
        parser, SIZE, "side in pixels of the square with --face-only (default: as in PORTRAIT)"
    )
    knobs.add_face_option(parser, "--face", whose="PORTRAIT")
    add_detector_options(parser)
    add_model_set_options(parser)
    add_compute_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Check what needs no weights, then draw and write."""
    from ..models.sets import load_set
    from ..reenact.editor import edited_face, expression_track, open_editor
    from ..reenact.files import save_poses
    from ..video.pictures import read_image
    from ..video.stills import write_image

    expression = _expression(args)
    check_places([args.out, args.save], [args.portrait])
    picture = read_image(args.portrait)
    host, models = local_host(args), load_set(args.model_set, args.model_path)
    editor = open_editor(
        picture,
        models,
        host,
        name=str(args.portrait),
        choice=args.face,
        detector=detector(args, models, host),
    )
    size = args.size if args.face_only and args.size else editor.side
    edited = edited_face(editor, expression, host, size=int(size))
    write_image(args.out, edited.picture if args.face_only else editor.pasted(edited))
    if args.save is not None:
        save_poses(args.save, expression_track(editor, expression, models, host))
    say(f"{args.out}: {expression.text or 'unchanged'}")


def _expression(args: argparse.Namespace) -> Expression:
    from ..reenact.expression import Expression
    from ..reenact.sliders import added, parsed_values

    preset = added(PRESETS[args.preset], {}, amount=args.amount)
    return Expression.of({**preset, **parsed_values(args.set)})


def _sliders_text() -> str:
    width = max(map(len, SLIDERS))
    lines = [f"  {s.name:{width}}  {f'{s.low:g}..{s.high:g}':9} {s.text}" for s in SLIDERS.values()]
    return "\n".join(["sliders:", *lines])
