"""`hyperreenact evaluate`: measure a model set on people that training never saw."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from .common import add_compute_options, add_model_set_options, local_host, progress_bar, say

if TYPE_CHECKING:
    from .common import SubParsers

_DESCRIPTION = (
    "Draw held-out people, reenact them, and compare with the true images: self and cross-subject, "
    "all poses and large turns. Training uses identities below 1000000 only."
)


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "evaluate", help="measure a model set on rendered people", description=_DESCRIPTION
    )
    add_model_set_options(parser)
    parser.add_argument(
        "--pairs", type=int, default=200, metavar="N", help="of each kind (default: %(default)s)"
    )
    parser.add_argument(
        "--first-identity",
        type=int,
        default=1_000_000,
        metavar="SEED",
        help="the first person; the others follow (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of poses, expressions and light (default: %(default)s)"
    )
    parser.add_argument(
        "--gallery",
        type=int,
        default=200,
        metavar="N",
        help="people among whom the source is looked up (default: %(default)s)",
    )
    parser.add_argument(
        "--edit-people",
        type=int,
        default=600,
        metavar="N",
        help="training people the latent edit is fitted on (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables here, else print them"
    )
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="write a contact sheet here (PNG)"
    )
    add_compute_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Evaluate, then write what was asked for."""
    from ..evaluation.benchmark import EvaluationConfig, evaluate
    from ..evaluation.output import check_outputs, png_bytes, write_whole
    from ..models.sets import load_set

    config = EvaluationConfig(
        pairs=args.pairs,
        first_identity=args.first_identity,
        seed=args.seed,
        gallery=args.gallery,
        edit_people=args.edit_people,
    )
    outputs: tuple[Path | None, ...] = (args.json, args.markdown, args.sheet)
    check_outputs([path for path in outputs if path is not None])
    networks = load_set(args.model_set, args.model_path)
    with progress_bar("evaluate", unit="picture") as show:
        evaluation = evaluate(networks, config, local_host(args, on_progress=show))
    report = evaluation.report
    if args.json is not None:
        write_whole(args.json, (report.to_json() + "\n").encode())
    if args.sheet is not None:
        write_whole(args.sheet, png_bytes(evaluation.sheet))
    if args.markdown is not None:
        write_whole(args.markdown, report.to_markdown().encode())
    else:
        say(report.to_markdown())
