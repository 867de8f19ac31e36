"""Options that turn the knobs of `reenact.knobs`, and choose among faces."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..choices import FACE_WORDS
from ..reenact.knobs import (
    BATCH_SIZE,
    CROP_OFFSETS,
    CROP_ROLL,
    CROP_SIZE,
    DETAIL,
    MOTION_FACTOR,
    MOTION_MODES,
    SIZE,
    STABILISE,
    STRENGTHS,
    TRUNCATION_PSI,
    Knob,
)
from . import numbers
from .common import add_alias

if TYPE_CHECKING:
    from ..choices import FaceChoice
    from ..types import Framing
    from .common import Options

_FACES = f"{', '.join(FACE_WORDS)}, or a number from the left, from 0"


def add_knob(
    options: Options,
    knob: Knob,
    meaning: str | None = None,
    *,
    name: str | None = None,
    default: float | None = None,
    metavar: str | None = None,
) -> None:
    """An option for a knob, of its name and range. default: of the option, None for none."""
    options.add_argument(
        f"--{(name or knob.name).replace('_', '-')}",
        type=numbers.of_knob(knob),
        default=default,
        metavar=metavar or f"{knob.low:g}..{knob.high:g}",
        help=meaning,
    )


def add_face_option(options: Options, name: str, *, whose: str) -> None:
    """--face or --driving-face."""
    options.add_argument(
        name,
        type=face_choice,
        default="largest",
        metavar="WHICH",
        help=f"which face of {whose}: {_FACES} (default: %(default)s)",
    )


def add_stabilise_option(options: Options) -> None:
    """--stabilise, formerly --smooth."""
    options.add_argument(
        "--stabilise",
        type=numbers.stabilise,
        default=STABILISE.default,
        metavar="N",
        help="frames over which crop and movements are smoothed, odd, 1 = not at all "
        "(default: %(default)s)",
    )
    add_alias(options, "--smooth", dest="stabilise", type=numbers.stabilise)


def add_psi_option(options: Options) -> None:
    """--truncation-psi, formerly --psi."""
    add_knob(
        options,
        TRUNCATION_PSI,
        "how far the face may be from the average one; below 0 (default) the model set's own",
        default=TRUNCATION_PSI.default,
        metavar="0..1",
    )
    add_alias(options, "--psi", dest="truncation_psi", type=numbers.of_knob(TRUNCATION_PSI))


def add_strength_options(options: Options) -> None:
    """--coarse, --middle and --fine, formerly --strength."""
    for knob in STRENGTHS:
        meaning = f"how strongly the {knob.name} layers are retargeted (default: %(default)s)"
        add_knob(options, knob, meaning, default=knob.default)
    strength = numbers.of_knob(STRENGTHS[0])
    add_alias(options, "--strength", dest="strength", type=numbers.several("C,M,F", strength))


def add_detail_options(options: Options, *, default: float | None = DETAIL.default) -> None:
    """--detail and --size; default: None for as much as the identity has the picture for."""
    usual = "1 where the identity keeps its picture" if default is None else default
    add_knob(
        options,
        DETAIL,
        "how much of the source's own pixels are carried over; 0 is the generator's picture "
        f"alone (default: {usual})",
        default=default,
    )
    add_knob(
        options,
        SIZE,
        "side in pixels of results that are not pasted back (default: "
        f"{SIZE.default:g}, without detail the model set's)",
    )


def add_motion_options(options: Options) -> None:
    """--motion, --expression and --head."""
    options.add_argument(
        "--motion",
        choices=MOTION_MODES,
        default=MOTION_MODES[0],
        help="absolute: the very pose and face of DRIVING; relative: their change since its first "
        "frame, from the source's own (default: %(default)s)",
    )
    for name, meaning in (
        ("expression", "what the face does"),
        ("head", "how the head turns"),
    ):
        add_knob(
            options,
            MOTION_FACTOR,
            f"factor of {meaning}: 0 is the source's own, more than 1 exaggerates "
            "(default: %(default)s)",
            name=name,
            default=MOTION_FACTOR.default,
        )


def add_framing_options(options: Options, *, without: str) -> None:
    """--crop-size, --crop-x, --crop-y and --crop-roll; without: what is shown without any."""
    meanings = (
        "side of the square around the face that results show, over that of the face crop: larger "
        "ones draw, and paste back, more of the picture around it; without these options it is "
        f"{without}",
        "how far that square is moved to the right, in sides of the crop; below 0 to the left",
        "how far it is moved down; below 0 up",
        "degrees by which what it shows is turned, counter-clockwise",
    )
    for knob, meaning in zip((CROP_SIZE, *CROP_OFFSETS, CROP_ROLL), meanings, strict=True):
        add_knob(options, knob, f"{meaning} (default: {knob.default:g})")


def framing_of(args: argparse.Namespace) -> Framing | None:
    """What the options ask for; None where none was given."""
    from ..types import Framing

    own = [getattr(args, knob.name) for knob in (CROP_SIZE, *CROP_OFFSETS, CROP_ROLL)]
    if all(value is None for value in own):
        return None
    usual = (CROP_SIZE.default, *(knob.default for knob in CROP_OFFSETS), CROP_ROLL.default)
    return Framing(*(u if o is None else o for o, u in zip(own, usual, strict=True)))


def strengths(args: argparse.Namespace) -> tuple[float, ...]:
    """Of the groups of layers in order; --strength, their former option, comes before them."""
    return getattr(args, "strength", None) or tuple(getattr(args, k.name) for k in STRENGTHS)


def add_batch_option(options: Options) -> None:
    """--batch-size."""
    add_knob(
        options,
        BATCH_SIZE,
        "frames drawn at once; less needs less memory; 0 = 8 on a GPU, else 1 "
        "(default: %(default)s)",
        default=BATCH_SIZE.default,
        metavar="N",
    )


def face_choice(text: str) -> FaceChoice:
    """One of the words, or a number from the left."""
    for word in FACE_WORDS:
        if text == word:
            return word
    if text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r}: say {', '.join(FACE_WORDS)}, or a number from 0")
