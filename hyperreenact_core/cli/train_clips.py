"""`hyperreenact train TARGET --data DIR`: one network of a model set on clips of your own."""

from __future__ import annotations

import argparse
import logging
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..choices import PRECISIONS
from ..errors import InputError
from ..training.engine.recipes import PHASE_SHARES, RECIPES, ClipKind, Recipe
from . import numbers, train_heads
from .common import say

if TYPE_CHECKING:
    from ..training.runs.clip_run import ClipTraining

_RECIPE = tuple(field.name for field in fields(Recipe))
_OPTIONS = (
    "data",
    "model_set",
    "model_path",
    "from_scratch",
    "held_out",
    *_RECIPE,
    "inversion_steps",
    "self_steps",
    "no_augment",
    "r1_weight",
    "path_weight",
)
"""What `add_options` adds; None where it was not named."""


def add_options(parser: argparse.ArgumentParser, kind: ClipKind) -> None:
    """--data and all that goes with it."""
    recipe = RECIPES[kind]
    add = parser.add_argument_group("training on clips").add_argument
    add("--data", type=Path, metavar="DIR", help="clips, as `hyperreenact data prepare` wrote them")
    add("--model-set", metavar="ID", help="set to start from and train against (default: starter)")
    add(
        "--model-path",
        action="append",
        type=Path,
        metavar="DIR",
        help="folder that holds model sets of your own, one folder each; may be repeated",
    )
    add(
        "--from-scratch",
        action="store_true",
        default=None,
        help="begin with random weights, not the set's",
    )
    add(
        "--held-out",
        type=numbers.not_negative,
        metavar="N",
        help="people kept apart for the figures (default: a twentieth of them)",
    )
    add("--steps", type=numbers.positive, help=f"updates of the weights (default: {recipe.steps})")
    add(
        "--batch-size",
        type=numbers.positive,
        help=f"pictures a device draws at once (default: {recipe.batch_size})",
    )
    add(
        "--accumulate",
        type=numbers.positive,
        help=f"batches to an update (default: {recipe.accumulate})",
    )
    add("--precision", choices=PRECISIONS, help="default: bf16 on a GPU, else fp32")
    add("--learning-rate", type=numbers.amount, help=f"default: {recipe.learning_rate}")
    add(
        "--clip-norm",
        type=numbers.amount,
        help=f"longest gradient, 0 for any length (default: {recipe.clip_norm})",
    )
    add(
        "--average-decay",
        type=numbers.amount,
        help="of the moving average of the weights, per step; the average is what is saved "
        f"(default: {recipe.average_decay})",
    )
    if kind == "hypernetwork":
        inversion, same = (f"{100 * share:.0f}%% of the steps" for share in PHASE_SHARES)
        add(
            "--inversion-steps",
            type=numbers.not_negative,
            help=f"a frame drives itself ({inversion})",
        )
        add(
            "--self-steps",
            type=numbers.not_negative,
            help=f"another of its clip drives it ({same})",
        )
    if kind == "generator":
        add(
            "--no-augment",
            action="store_true",
            default=None,
            help="show the critic the pictures as they are",
        )
        add(
            "--r1-weight", type=numbers.amount, help="of the critic's gradient penalty (default: 4)"
        )
        add(
            "--path-weight",
            type=numbers.amount,
            help="of path lengths; StyleGAN2 has 2 (default: 0)",
        )


def is_wanted(args: argparse.Namespace) -> bool:
    """Whether to train on clips; InputError where options of both kinds of training are mixed."""
    given = _given(args)
    if "data" in given:
        rendered = [n for n in train_heads.OPTIONS if getattr(args, n, None) is not None]
        if rendered:
            name = rendered[0].replace("_", "-")
            raise InputError(f"--{name} is for rendered heads, not for --data")
        return True
    if given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise InputError(f"{names}: to train on clips, name their folder with --data")
    return False


def run(args: argparse.Namespace) -> int:
    """Train a network on clips; 0 on success."""
    from ..training.engine.compute import choose_compute, choose_precision
    from ..training.runs.clip_run import ClipRun, train_on_clips
    from ..training.runs.run_folder import find_base, lacking

    given = _given(args)
    base = find_base(given.get("model_set", "starter"), given.get("model_path", ()))
    compute = choose_compute(args.device)
    if compute.rank > 0:
        logging.disable(logging.WARNING)  # all processes would say the same
    wishes = {name: given[name] for name in _RECIPE if name in given}
    wishes["precision"] = choose_precision(given.get("precision"), compute.device)
    wanted = ClipRun(
        data=given["data"],
        base=base,
        out=args.out,
        training=_training(args.target, replace(RECIPES[args.target], **wishes), given),
        from_scratch="from_scratch" in given,
        held_out=given.get("held_out"),
        validate_every=args.validate_every,
        checkpoint_every=args.checkpoint_every,
        seed=args.seed,
    )
    path = train_on_clips(wanted, compute)
    if compute.rank == 0:
        out: Path = args.out.resolve()
        missing = ", ".join(lacking(out))
        use = f"use it with --model-path {out.parent} --model-set {out.name}"
        say(f"{path}; {f'still to be trained: {missing}' if missing else use}")
    compute.close()
    return 0


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """The options for clips that were named."""
    values = vars(args)
    return {name: values[name] for name in _OPTIONS if values.get(name) is not None}


def _training(kind: ClipKind, recipe: Recipe, given: dict[str, Any]) -> ClipTraining:
    from ..training.stages.clip_e4e import ClipE4ETraining
    from ..training.stages.clip_generator import ClipGeneratorTraining
    from ..training.stages.clip_hypernetwork import ClipHypernetworkTraining

    if kind == "generator":
        weights = {name: given[name] for name in ("r1_weight", "path_weight") if name in given}
        return ClipGeneratorTraining(recipe, augment="no_augment" not in given, **weights)
    if kind == "e4e":
        return ClipE4ETraining(recipe)
    inversion, same = (round(share * recipe.steps) for share in PHASE_SHARES)
    return ClipHypernetworkTraining(
        recipe,
        inversion_steps=given.get("inversion_steps", inversion),
        self_steps=given.get("self_steps", same),
    )
