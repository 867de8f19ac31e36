"""`hyperreenact train`: the starter set, one network of it, or one network on clips of your own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..training.engine.recipes import CLIP_KINDS
from . import numbers, train_clips, train_heads
from .common import add_device_option

if TYPE_CHECKING:
    from .common import SubParsers

_TARGETS = {
    "starter": "the whole starter set, from rendering its data to the finished folder OUT/set",
    "generator": "StyleGAN2 generator; with --data from Gaussian codes against a critic, else from "
    "the scene parameters of rendered heads",
    "appearance": "appearance encoder (ArcFace margin loss)",
    "pose": "pose encoder (DECA-style)",
    "landmarks": "landmark network",
    "judge_appearance": "recogniser used by `evaluate` alone",
    "judge_pose": "pose network used by `evaluate` alone",
    "e4e": "inversion encoder; with --data against a set's generator, else needs generator and "
    "appearance in OUT",
    "hypernetwork": "hypernetwork; with --data against a set's networks, else needs generator, "
    "appearance, pose and e4e in OUT",
}


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "train",
        help="train networks on rendered heads or on prepared clips (resumes where it stopped)",
    )
    targets = parser.add_subparsers(dest="target", required=True, metavar="TARGET")
    for target, text in _TARGETS.items():
        one = targets.add_parser(target, help=text, description=text)
        one.add_argument("--out", "-o", type=Path, required=True, help="folder of the run")
        add_device_option(one)
        one.add_argument("--seed", type=numbers.seed, default=0, help="of weights and random order")
        one.add_argument("--threads", type=numbers.positive, help="CPU threads to train with")
        one.add_argument(
            "--validate-every",
            type=numbers.positive,
            metavar="STEPS",
            help="figures on held-out people and a picture of samples (default: every 2 minutes)",
        )
        one.add_argument(
            "--checkpoint-every",
            type=numbers.positive,
            metavar="STEPS",
            help="state to resume from (default: every 3 minutes)",
        )
        rendered = one.add_argument_group("training on rendered heads")
        rendered.add_argument(
            "--profile",
            choices=("cpu", "more", "gpu", "smoke"),
            help="sizes and lengths; `more` goes on from a finished set of `cpu` (default: cpu)",
        )
        rendered.add_argument(
            "--start-from",
            type=Path,
            metavar="DIR",
            help="folder of a finished set of the same sizes to go on from",
        )
        rendered.add_argument(
            "--workers", type=numbers.not_negative, help="rendering processes (default: 2)"
        )
        if target == "starter":
            train_heads.add_options(one)
        for kind in CLIP_KINDS:
            if kind == target:
                train_clips.add_options(one, kind)
        one.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train what was asked for; 0 on success."""
    import torch

    from ..host import find_device

    if args.threads:
        torch.set_num_threads(args.threads)
    if train_clips.is_wanted(args):
        return train_clips.run(args)
    if train_heads.is_wanted(args):
        return train_heads.run(args)

    device = find_device(args.device)
    from ..training.runs.profiles import PROFILES
    from ..training.runs.starter import StarterRun

    starter = StarterRun(
        profile=PROFILES[args.profile or "cpu"],
        out=args.out,
        device=device,
        seed=args.seed,
        workers=2 if args.workers is None else args.workers,
        validate_every=args.validate_every,
        checkpoint_every=args.checkpoint_every,
        start=args.start_from,
    )
    if args.target == "starter":
        starter.train_all()
    else:
        starter.train_stage(args.target)
    return 0
