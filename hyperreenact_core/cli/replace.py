"""`hyperreenact reenact --replace-face`: DRIVING with the face of SOURCE."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import InputError
from ..reenact.knobs import KEEP_IN_FRONT
from . import knobs
from .common import local_host, run_job

if TYPE_CHECKING:
    from ..reenact.clip import ClipRequest
    from .common import OnProgress


def add_replace_options(parser: argparse.ArgumentParser) -> None:
    """--replace-face, and what is the same where SOURCE is a video."""
    parser.add_argument(
        "--replace-face",
        action="store_true",
        help="DRIVING keeps its frames, and its face is replaced by that of SOURCE, which does "
        "what it did",
    )
    parser.add_argument(
        "--keep-in-front",
        action=argparse.BooleanOptionalAction,
        default=KEEP_IN_FRONT,
        help="with --replace-face, or where SOURCE is a video: hands, microphones and hair "
        "that are found before the face stay before what is drawn",
    )


def run_replace(args: argparse.Namespace, request: ClipRequest, on_progress: OnProgress) -> str:
    """Check everything that needs no weights, then stream the frames into the output.

    Returns what was done, for people. InputError where options are for other results.
    """
    from ..models.sets import load_set
    from ..reenact.footage_job import is_footage
    from ..reenact.replace_job import replacing

    unfit = {
        "--paste-back": args.paste_back,
        "--compare": args.compare,
        "--all-faces": args.all_faces,
        "--also": bool(args.also),
        "--box": args.box is not None,
        "--detail": args.detail < 1,
        "--no-face": args.no_face != "hold",
        "--motion, --expression and --head": request.options.motion.changes,
        "--crop-size, --crop-x, --crop-y and --crop-roll": knobs.framing_of(args) is not None,
        **{f"--{name}": bool(getattr(args, name)) for name in ("transfer", "length", "sound")},
    }
    if given := [name for name, is_given in unfit.items() if is_given]:
        raise InputError(f"--replace-face does without {given[0]}: leave it away")
    if is_footage(args.source):
        raise InputError(
            f"{args.source} is a video: with --replace-face give a picture or an identity as SOURCE"
        )
    host = local_host(args, on_progress=on_progress)
    job = replacing(
        request, load_set(args.model_set, args.model_path), keep_in_front=args.keep_in_front
    )
    return run_job(args, job, host)
