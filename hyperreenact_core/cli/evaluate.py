"""`hyperreenact evaluate`: measure a model set on people that training never saw."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from . import evaluate_data, numbers
from .common import add_compute_options, add_model_set_options, local_host, progress_bar

if TYPE_CHECKING:
    from ..evaluation.benchmark import Evaluation
    from .common import SubParsers

_DESCRIPTION = (
    "Draw held-out people, reenact them, and compare with the true images: self and cross-subject, "
    "all poses and large turns. Training uses identities below 1000000 only. With --data, measure "
    "on prepared clips of your own instead, by the paper's protocol and beside its table."
)
PLOTS = ("sheet.png", "yaw.png", "flicker.png", "failures.png")
"""Pictures that --plots writes."""
_CLIPS_WITH_PLOTS = 6


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model set on rendered people or on clips of your own",
        description=_DESCRIPTION,
    )
    add_model_set_options(parser)
    parser.add_argument(
        "--ablations",
        type=Path,
        metavar="DIR",
        help="measure the hypernetworks of `python -m studies.ablations` too: RUN/ablations",
    )
    _add_rendered_options(parser)
    evaluate_data.add_options(parser)
    outputs = parser.add_argument_group("outputs")
    outputs.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    outputs.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables here, else print them"
    )
    outputs.add_argument(
        "--sheet", type=Path, metavar="FILE", help="write a contact sheet here (PNG)"
    )
    outputs.add_argument(
        "--plots",
        type=Path,
        metavar="DIR",
        help=f"write all pictures here: {', '.join(PLOTS)}",
    )
    outputs.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="renew the tables of the claims between the marks of this Markdown file",
    )
    add_compute_options(parser, precision="fp32")
    parser.set_defaults(run=run)


def _add_rendered_options(parser: argparse.ArgumentParser) -> None:
    rendered = parser.add_argument_group("rendered people")
    rendered.add_argument(
        "--pairs",
        type=numbers.positive,
        default=200,
        metavar="N",
        help="of each kind (default: %(default)s)",
    )
    rendered.add_argument(
        "--first-identity",
        type=numbers.not_negative,
        default=1_000_000,
        metavar="SEED",
        help="the first person; the others follow (default: %(default)s)",
    )
    rendered.add_argument(
        "--seed",
        type=numbers.seed,
        default=0,
        help="of poses, expressions and light (default: %(default)s)",
    )
    rendered.add_argument(
        "--gallery",
        type=numbers.positive,
        default=200,
        metavar="N",
        help="people among whom the source is looked up (default: %(default)s)",
    )
    rendered.add_argument(
        "--edit-people",
        type=numbers.positive,
        default=600,
        metavar="N",
        help="training people the latent edit is fitted on (default: %(default)s)",
    )
    rendered.add_argument(
        "--clips",
        type=numbers.not_negative,
        metavar="N",
        help="clips of each kind to measure flicker on "
        f"(default: {_CLIPS_WITH_PLOTS} with --plots or --results, else 0)",
    )


def run(args: argparse.Namespace) -> None:
    """Evaluate, then write what was asked for."""
    if args.data is not None:
        evaluate_data.run(args)
        return
    from ..evaluation.baselines import find_baselines
    from ..evaluation.benchmark import EvaluationConfig, evaluate
    from ..evaluation.output import check_outputs
    from ..evaluation.results_file import check_marks
    from ..models.sets import load_set

    clips = args.clips
    if clips is None:
        clips = _CLIPS_WITH_PLOTS if args.plots or args.results else 0
    config = EvaluationConfig(
        pairs=args.pairs,
        first_identity=args.first_identity,
        seed=args.seed,
        gallery=args.gallery,
        edit_people=args.edit_people,
        clips=clips,
    )
    if args.plots is not None and clips == 0:
        raise InputError("--plots draws flicker too: leave --clips out or give 1 or more")
    check_outputs(_outputs(args))
    if args.results is not None:
        check_marks(args.results)
    networks = load_set(args.model_set, args.model_path)
    baselines = find_baselines(networks.folder, args.ablations)
    with progress_bar("evaluate", unit="picture") as show:
        host = local_host(args, on_progress=show)
        evaluation = evaluate(networks, config, host, baselines=baselines)
    _write(args, evaluation)


def _outputs(args: argparse.Namespace) -> list[Path]:
    """All files that are going to be written new."""
    named: tuple[Path | None, ...] = (args.json, args.markdown, args.sheet)
    plots = [] if args.plots is None else [args.plots / name for name in PLOTS]
    return [path for path in named if path is not None] + plots


def _write(args: argparse.Namespace, evaluation: Evaluation) -> None:
    from ..evaluation.claims import claim_tables
    from ..evaluation.flicker import flicker_plot
    from ..evaluation.output import png_bytes
    from ..evaluation.results_file import renew
    from ..evaluation.turns import turn_plot
    from ..whole_files import write_whole

    report = evaluation.report
    if args.sheet is not None:
        write_whole(args.sheet, png_bytes(evaluation.sheet))
    if args.plots is not None:
        pictures = (
            evaluation.sheet,
            turn_plot(report.turns),
            flicker_plot(report.flicker),
            evaluation.failures,
        )
        for name, picture in zip(PLOTS, pictures, strict=True):
            write_whole(args.plots / name, png_bytes(picture))
    if args.results is not None:
        renew(args.results, claim_tables(report))
    evaluate_data.tell(args, report)
