"""`hyperreenact train ablation`: the hypernetwork without one of its parts, and its ancestors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import numbers
from .common import add_device_option, say

if TYPE_CHECKING:
    from .common import SubParsers

_DESCRIPTION = (
    "Train a hypernetwork that lacks one thing against the finished frozen networks of a run, and "
    "put it into RUN/ablations/NAME. Run it again to go on where it stopped. Measure them with "
    "`hyperreenact evaluate --ablations RUN/ablations`."
)
NAMES = (
    "full",
    "no_curriculum",
    "no_cross",
    "no_gaze",
    "hadamard",
    "no_warm_up",
    "refine",
    "w_code",
)
"""Those of `training.variants`, which is slow to import."""


def register(targets: SubParsers) -> None:
    """Add the target to `hyperreenact train`."""
    parser = targets.add_parser(
        "ablation",
        help="the hypernetwork without one of its parts, for comparison; needs a finished run",
        description=_DESCRIPTION,
    )
    parser.add_argument(
        "names", nargs="+", choices=(*NAMES, "all"), metavar="NAME", help=", ".join((*NAMES, "all"))
    )
    parser.add_argument("--out", "-o", type=Path, required=True, metavar="RUN")
    parser.add_argument("--profile", choices=("cpu", "gpu", "smoke"), default="cpu")
    parser.add_argument(
        "--share",
        type=numbers.real(0.001, 1.0),
        default=1.0,
        metavar="PART",
        help="of the profile's steps, the same for all that are compared (default: %(default)s)",
    )
    add_device_option(parser)
    parser.add_argument("--seed", type=numbers.seed, default=0, help="of weights and random order")
    parser.add_argument("--threads", type=numbers.positive, help="CPU threads to train with")
    parser.add_argument(
        "--workers", type=numbers.not_negative, default=2, help="rendering processes"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train what was named; 0 on success."""
    import torch

    from ..host import find_device
    from ..training.runs.ablations import AblationRun
    from ..training.runs.profiles import PROFILES

    if args.threads:
        torch.set_num_threads(args.threads)
    ablations = AblationRun(
        profile=PROFILES[args.profile],
        out=args.out,
        device=find_device(args.device),
        seed=args.seed,
        workers=args.workers,
        share=args.share,
    )
    for name in NAMES if "all" in args.names else args.names:
        say(str(ablations.train_variant(name)))
    return 0
