"""`hyperreenact train TARGET` on rendered heads: the starter set, or one stage of it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import numbers

if TYPE_CHECKING:
    from ..training.heads.profiles import Profile

OPTIONS = ("profile", "workers", "heads", "held_out_heads", "features", "minutes")
"""What `add_options` adds; None where it was not named."""
_TIMED = ("reader", "detector", "detail")
"""Stages that go by the clock."""


def add_options(parser: argparse.ArgumentParser, target: str) -> None:
    """--heads and all that goes with it."""
    group = parser.add_argument_group("training on rendered heads")
    group.add_argument(
        "--profile", choices=("cpu", "gpu", "smoke"), help="sizes and lengths (default: cpu)"
    )
    group.add_argument(
        "--heads",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="folders of `render shards` (default: rendered into OUT/data, which needs the extra "
        "`heads`)",
    )
    group.add_argument(
        "--held-out-heads",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="folders of other people to measure by (default: rendered into OUT/data)",
    )
    group.add_argument(
        "--features",
        type=Path,
        metavar="FILE",
        help="weights of an ImageNet EfficientNet-lite0 to begin with and for perceptual losses "
        "(default: begin at random; the eyes of the reader compare)",
    )
    group.add_argument(
        "--workers", type=numbers.not_negative, help="rendering processes (default: 2)"
    )
    if target in _TIMED:
        group.add_argument(
            "--minutes",
            type=numbers.positive,
            help="of training in all, over all resumptions (default: the profile's)",
        )


def run(args: argparse.Namespace) -> int:
    """Train the set or one stage; 0 on success."""
    from ..host import find_device
    from ..training.heads.profiles import PROFILES
    from ..training.heads.run import StarterRun

    starter = StarterRun(
        profile=_with_minutes(PROFILES[args.profile or "cpu"], args),
        out=args.out,
        device=find_device(args.device),
        data=args.heads or (),
        held_out=args.held_out_heads or (),
        features=args.features,
        seed=args.seed,
        workers=2 if args.workers is None else args.workers,
        validate_every=args.validate_every,
        checkpoint_every=args.checkpoint_every,
    )
    if args.target == "starter":
        starter.train_all()
    else:
        starter.train_stage(args.target)
    return 0


def _with_minutes(profile: Profile, args: argparse.Namespace) -> Profile:
    """The profile, with the minutes that were asked for."""
    minutes: int | None = getattr(args, "minutes", None)
    if minutes is None:
        return profile
    settings = replace(getattr(profile, args.target), minutes=float(minutes))
    return replace(profile, **{args.target: settings})
