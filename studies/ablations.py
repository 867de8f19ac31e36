"""The hypernetwork without one of its parts, and its ancestors, trained for comparison.

    python -m studies.ablations NAME... -o RUN

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from hyperreenact_core.cli import numbers
from hyperreenact_core.cli.common import add_device_option, note, say
from hyperreenact_core.errors import HyperReenactError
from hyperreenact_core.host import find_device
from hyperreenact_core.training.heads.profiles import PROFILES
from studies.ablation_run import AblationRun
from studies.variants import VARIANTS

_DESCRIPTION = (
    "Train a hypernetwork that lacks one thing against the finished frozen networks of a run, and "
    "put it into RUN/ablations/NAME. Run it again to go on where it stopped. Measure them with "
    "`hyperreenact evaluate --ablations RUN/ablations`."
)
EXIT_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Train what was named; 0 on success, 2 with one line that says what to do."""
    args = build_parser().parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        ablations = AblationRun(
            profile=PROFILES[args.profile],
            out=args.out,
            device=find_device(args.device),
            seed=args.seed,
            data=args.heads or (),
            held_out=args.held_out_heads or (),
            features=args.features,
            workers=args.workers,
            share=args.share,
        )
        for name in VARIANTS if "all" in args.names else args.names:
            say(str(ablations.train_variant(name)))
    except HyperReenactError as error:
        note(f"error: {' '.join(str(error).splitlines())}")
        return EXIT_ERROR
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    names = (*VARIANTS, "all")
    parser = argparse.ArgumentParser(prog="python -m studies.ablations", description=_DESCRIPTION)
    parser.add_argument("names", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--out", "-o", type=Path, required=True, metavar="RUN")
    parser.add_argument("--profile", choices=("cpu", "gpu", "smoke"), default="cpu")
    parser.add_argument(
        "--share",
        type=numbers.real(0.001, 1.0),
        default=1.0,
        metavar="PART",
        help="of the profile's steps, the same for all that are compared (default: %(default)s)",
    )
    for name in ("--heads", "--held-out-heads"):
        parser.add_argument(name, type=Path, nargs="+", metavar="DIR", help="as of the run")
    parser.add_argument("--features", type=Path, metavar="FILE", help="as of the run")
    add_device_option(parser)
    parser.add_argument("--seed", type=numbers.seed, default=0, help="of weights and random order")
    parser.add_argument("--threads", type=numbers.positive, help="CPU threads to train with")
    parser.add_argument(
        "--workers", type=numbers.not_negative, default=2, help="rendering processes"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
