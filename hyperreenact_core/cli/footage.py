"""`hyperreenact reenact` where SOURCE is a video: options, and how it runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import InputError
from ..reenact.knobs import LENGTH_RULES, SOUNDS, TRANSFERS
from . import knobs
from .common import local_host, run_job

if TYPE_CHECKING:
    from ..reenact.footage_job import FootageRequest
    from .common import OnProgress


def add_footage_options(parser: argparse.ArgumentParser) -> None:
    """--transfer, --length and --sound."""
    group = parser.add_argument_group(
        "where SOURCE is a video", "Its frames stay as they are but for the face."
    )
    group.add_argument(
        "--transfer",
        choices=TRANSFERS,
        help="what is taken from DRIVING: what the face does, of that mouth and jaw alone, how the "
        "head is turned, or face and turn (default: expression)",
    )
    group.add_argument(
        "--length",
        choices=LENGTH_RULES,
        help="where SOURCE and DRIVING are not equally long: stop with the shorter one, hold its "
        "last frame, begin it anew, or play DRIVING faster or slower (default: shortest)",
    )
    group.add_argument(
        "--sound",
        choices=SOUNDS,
        help="whose sound; auto is DRIVING's if it has any, else SOURCE's (default: auto)",
    )


def is_footage(args: argparse.Namespace) -> bool:
    """Whether SOURCE is a video; InputError where options are for the other kind."""
    from ..reenact.footage_job import is_footage

    wanted = [f"--{name}" for name in ("transfer", "length", "sound") if getattr(args, name)]
    if not is_footage(args.source):
        if wanted:
            raise InputError(f"{wanted[0]} is for videos, and {args.source} is none: leave it away")
        return False
    unfit = {
        "--compare": args.compare,
        "--all-faces": args.all_faces,
        "--also": bool(args.also),
        "--front": args.front is not None,
        "--box": args.box is not None,
        "--detail": args.detail < 1,
        "--no-face": args.no_face != "hold",
        "--crop-size (with --crop-x, --crop-y, --crop-roll)": knobs.framing_of(args) is not None,
    }
    if given := [name for name, is_given in unfit.items() if is_given]:
        raise InputError(f"{given[0]} is for pictures, and {args.source} is a video: leave it away")
    return True


def run_footage(args: argparse.Namespace, on_progress: OnProgress) -> str:
    """Check everything that needs no weights, then stream the frames into the output.

    Returns what was done, for people.
    """
    from ..models.sets import load_set
    from ..reenact.footage_job import FootageJob

    request, models = _request(args), load_set(args.model_set, args.model_path)
    host = local_host(args, on_progress=on_progress)
    return run_job(args, FootageJob(request, models), host)


def _request(args: argparse.Namespace) -> FootageRequest:
    from ..reenact.footage import FootageOptions
    from ..reenact.footage_job import FootageRequest, opened_together
    from ..reenact.motion.live import LiveMotion

    length = args.length or "shortest"
    source, driving = opened_together(
        args.source,
        args.driving,
        start=args.start,
        limit=args.frames,
        length=length,
        default_rate=args.fps,
    )
    return FootageRequest(
        source=source,
        driving=driving,
        out=args.out,
        options=FootageOptions(
            transfer=args.transfer or "expression",
            choice=args.face,
            stabilise=args.stabilise,
            size=args.size,
            motion=LiveMotion(args.motion, args.expression, args.head),
            keep_in_front=args.keep_in_front,
        ),
        performer=args.driving_face,
        length=length,
        sound=args.sound or "auto",
        limit=args.frames,
        crf=args.crf,
        detector=args.detector,
        insight_root=args.insightface_root,
    )
