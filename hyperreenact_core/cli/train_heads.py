"""`hyperreenact train starter --heads`: the starter set on realistic heads."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .common import progress_bar

_FRAMES = 4
_HELD_OUT = 48
_HELD_OUT_FROM = 1_000_000
"""People that are measured by are numbered from here on; others lie below."""
_SIDES = (1.85, 2.6)
"""Pictures show at least what a face crop shows."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """--heads and all that goes with it."""
    group = parser.add_argument_group("training on realistic heads")
    group.add_argument(
        "--heads",
        type=Path,
        nargs="*",
        metavar="DIR",
        help="train on realistic heads: folders of `render shards`; without a folder they are "
        "rendered into OUT/data, which needs the extra `heads`",
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
        help="weights of an ImageNet EfficientNet-lite0 for perceptual losses (default: the "
        "eyes of the reader)",
    )


def is_wanted(args: argparse.Namespace) -> bool:
    """Whether the command line asks for realistic heads. InputError where it half does."""
    if getattr(args, "heads", None) is not None:
        return True
    for name in ("held_out_heads", "features"):
        if getattr(args, name, None) is not None:
            raise InputError(f"--{name.replace('_', '-')} goes with --heads")
    return False


def run(args: argparse.Namespace) -> int:
    """Train the set; 0 on success."""
    import torch

    from ..training.heads.profiles import HEADS_PROFILES
    from ..training.heads.run import HeadsRun

    name = args.profile or "cpu"
    if name not in HEADS_PROFILES:
        raise InputError(
            f"there is no profile {name!r} for realistic heads: {', '.join(HEADS_PROFILES)}"
        )
    if args.start_from is not None:
        raise InputError("--start-from does not go with --heads")
    profile = HEADS_PROFILES[name]
    best = "cuda" if torch.cuda.is_available() else "cpu"
    HeadsRun(
        profile=profile,
        data=args.heads or [_rendered(args, "heads", first=0, people=profile.people)],
        held_out=args.held_out_heads
        or [_rendered(args, "held-out", first=_HELD_OUT_FROM, people=_HELD_OUT)],
        features=args.features,
        out=args.out,
        device=torch.device(best if args.device == "auto" else args.device),
        seed=args.seed,
        validate_every=args.validate_every,
        checkpoint_every=args.checkpoint_every,
    ).train_all()
    return 0


def _rendered(args: argparse.Namespace, name: str, *, first: int, people: int) -> Path:
    """A folder of shards, rendered or completed."""
    from ..heads.shards import write_shards
    from ..heads.takes import Recipe

    folder: Path = args.out / "data" / name
    with progress_bar(f"render {name}", unit="picture") as advance:
        write_shards(
            folder,
            people=people,
            first_person=first,
            seed=args.seed,
            recipe=Recipe(frames=_FRAMES, side=_SIDES, occluded=0.0),
            workers=2 if args.workers is None else args.workers,
            progress=advance,
        )
    return folder
