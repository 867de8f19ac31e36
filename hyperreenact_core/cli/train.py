"""`hyperreenact train`: train the starter set, or one network of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .common import SubParsers


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "train", help="train networks on rendered heads (resumes where it stopped)"
    )
    targets = parser.add_subparsers(dest="target", required=True, metavar="TARGET")
    for target, text in _TARGETS.items():
        one = targets.add_parser(target, help=text, description=text)
        one.add_argument("--out", "-o", type=Path, required=True, help="folder of the run")
        one.add_argument("--profile", choices=("cpu", "gpu", "smoke"), default="cpu")
        one.add_argument("--device", default=None, help="cpu, cuda, cuda:1 ... (default: best)")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--threads", type=int, default=None, help="CPU threads to train with")
        one.add_argument("--workers", type=int, default=2, help="rendering processes")
        one.set_defaults(run=run)


_TARGETS = {
    "starter": "the whole starter set, from rendering its data to the finished folder OUT/set",
    "generator": "StyleGAN2 generator: regression from scene parameters, then adversarial",
    "appearance": "appearance encoder (ArcFace margin loss)",
    "pose": "pose encoder (DECA-style)",
    "landmarks": "landmark network",
    "judge_appearance": "recogniser used by `evaluate` alone",
    "judge_pose": "pose network used by `evaluate` alone",
    "e4e": "inversion encoder; needs generator and appearance in OUT",
    "hypernetwork": "hypernetwork; needs generator, appearance, pose and e4e in OUT",
}


def run(args: argparse.Namespace) -> int:
    """Train what was asked for; 0 on success."""
    import torch

    from ..training.profiles import PROFILES
    from ..training.starter import StarterRun

    if args.threads:
        torch.set_num_threads(args.threads)
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    starter = StarterRun(
        profile=PROFILES[args.profile],
        out=args.out,
        device=torch.device(device),
        seed=args.seed,
        workers=args.workers,
    )
    if args.target == "starter":
        starter.train_all()
    else:
        starter.train_stage(args.target)
    return 0
