"""`hyperreenact render`: pictures, clips, contact sheets and training shards of heads."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import numbers, render_heads, render_sheet
from .engines import add_engine_options

if TYPE_CHECKING:
    from .common import SubParsers

KINDS = ("talk", "react", "turn", "exercise")
"""Those of `heads.motion`, which cannot be asked: its import takes longer than --help may."""

_DEFAULT = "(default: %(default)s)"


def register(subparsers: SubParsers) -> None:
    """Add `render portrait`, `clip`, `sheet`, `balance` and `shards`."""
    parser = subparsers.add_parser("render", help="draw heads of people who do not exist")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_portrait(actions)
    _add_clip(actions)
    _add_sheet(actions)
    _add_balance(actions)
    _add_shards(actions)


def _add_portrait(actions: SubParsers) -> None:
    portrait = actions.add_parser("portrait", help="write one picture as PNG")
    _add_common(portrait, size=512)
    _add_assets(portrait)
    _add_backgrounds(portrait)
    portrait.add_argument(
        "--pose",
        type=numbers.several("YAW,PITCH,ROLL", numbers.real()),
        default=(0.0, 0.0, 0.0),
        metavar="YAW,PITCH,ROLL",
        help="degrees; write --pose=-30,0,0 if it begins with a minus (default: 0,0,0)",
    )
    portrait.add_argument(
        "--expression",
        metavar="NAME",
        help="such as neutral, smile, laugh, surprise, anger, aa, wink_left (default: smile)",
    )
    portrait.set_defaults(run=_ending(".png", render_heads.run_portrait))


def _add_clip(actions: SubParsers) -> None:
    clip = actions.add_parser("clip", help="write a moving head with sound as MP4")
    _add_common(clip, size=256)
    _add_assets(clip)
    _add_backgrounds(clip)
    clip.add_argument("--kind", choices=KINDS, help="what the person does (default: talk)")
    clip.add_argument("--frames", type=numbers.positive, default=200, metavar="N", help=_DEFAULT)
    clip.add_argument(
        "--fps", type=numbers.rate, default=Fraction(25), metavar="RATE", help=_DEFAULT
    )
    clip.set_defaults(run=_ending(".mp4", render_heads.run_clip))


def _add_sheet(actions: SubParsers) -> None:
    sheet = actions.add_parser("sheet", help="write many small pictures on one as PNG")
    sheet.add_argument(
        "what",
        choices=render_sheet.SHEETS,
        help="many people; one person's performances; the 52 actions one by one; lights",
    )
    _add_common(sheet, size=256)
    _add_assets(sheet)
    _add_backgrounds(sheet)
    sheet.add_argument("--count", type=numbers.positive, default=48, metavar="N", help=_DEFAULT)
    sheet.add_argument(
        "--columns", type=numbers.positive, metavar="N", help="(default: by the count)"
    )
    sheet.set_defaults(run=_ending(".png", render_sheet.run_sheet))


def _add_balance(actions: SubParsers) -> None:
    balance = actions.add_parser("balance", help="print who is drawn how often as a table")
    _add_who(balance)
    _add_assets(balance)
    balance.add_argument(
        "--people", type=numbers.positive, default=1000, metavar="N", help=_DEFAULT
    )
    balance.set_defaults(run=render_sheet.run_balance, size=16)


def _add_shards(actions: SubParsers) -> None:
    shards = actions.add_parser("shards", help="write a folder of training pictures")
    _add_common(shards, size=256)
    _add_assets(shards)
    _add_backgrounds(shards)
    for names, default in (
        (("--people", "--identities"), 100),
        (("--clips-per-person", "--clips-per-identity"), 2),
        (("--frames-per-clip",), 8),
        (("--workers",), 1),
    ):
        shards.add_argument(
            *names, type=numbers.positive, default=default, metavar="N", help=_DEFAULT
        )
    shards.add_argument(
        "--side",
        type=numbers.several("MIN,MAX", numbers.amount),
        metavar="MIN,MAX",
        help="what a picture keeps, over the extent of the face (default: 1.4,2.6)",
    )
    shards.add_argument(
        "--expressions",
        type=numbers.share,
        metavar="SHARE",
        help="of the pairs that differ in the expression alone (default: 0.5)",
    )
    shards.add_argument(
        "--occluded",
        type=numbers.share,
        metavar="SHARE",
        help="of the clips with something before the face (default: 0.12)",
    )
    shards.add_argument("--motion", action="store_true", help="clips move as videos do")
    shards.add_argument(
        "--pictures-only", action="store_true", help="without labels, depth and flow"
    )
    add_engine_options(shards)
    shards.set_defaults(run=render_heads.run_shards)


def _add_common(parser: argparse.ArgumentParser, *, size: int) -> None:
    _add_who(parser)
    parser.add_argument("--size", type=numbers.positive, default=size, metavar="PX", help=_DEFAULT)
    parser.add_argument("--out", "-o", type=Path, required=True, help="file, or folder of shards")


def _add_who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--identity",
        type=numbers.seed,
        default=0,
        metavar="SEED",
        help="who; the first one of several",
    )
    parser.add_argument(
        "--seed", type=numbers.seed, default=0, metavar="S", help="light, background and movement"
    )


def _add_assets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assets",
        type=Path,
        metavar="DIR",
        help="MakeHuman's system assets (default: $HYPERREENACT_ASSETS, else the shared ones "
        "beside a checkout)",
    )


def _add_backgrounds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backgrounds",
        type=Path,
        metavar="DIR",
        help="pictures without people, behind four in ten heads (default: painted scenes alone)",
    )


Run = Callable[[argparse.Namespace], int]


def _ending(suffix: str, action: Run) -> Run:
    """Run it once the file has the right ending."""

    def run(args: argparse.Namespace) -> int:
        if args.out.suffix.lower() != suffix:
            raise InputError(f"{args.out}: give a file name that ends in {suffix}")
        return action(args)

    return run
