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
    "reader": "what reads points, rotation, expression and gaze off a face",
    "detector": "what finds faces",
    "detail": "what carries the source's own pixels into the driving pose",
    "generator": "StyleGAN2 generator; with --data from Gaussian codes against a critic, else "
    "together with the appearance encoder, told a person and a state",
    "e4e": "inversion encoder; with --data against a set's generator, else needs generator in OUT",
    "hypernetwork": "hypernetwork; with --data against a set's networks, else needs generator and "
    "e4e in OUT",
    "judge_appearance": "recogniser used by `evaluate` alone",
    "judge_pose": "pose network used by `evaluate` alone",
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
            help="figures on held-out people and a picture of samples (default: by the clock)",
        )
        one.add_argument(
            "--checkpoint-every",
            type=numbers.positive,
            metavar="STEPS",
            help="state to resume from (default: by the clock)",
        )
        train_heads.add_options(one, target)
        for kind in CLIP_KINDS:
            if kind == target:
                train_clips.add_options(one, kind)
        one.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train what was asked for; 0 on success."""
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    return train_clips.run(args) if train_clips.is_wanted(args) else train_heads.run(args)
