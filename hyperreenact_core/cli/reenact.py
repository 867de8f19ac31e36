"""`hyperreenact reenact`: animate the face of a picture with a video."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..choices import NO_FACE_POLICIES
from ..errors import InputError
from ..reenact.knobs import COLOUR_MATCH
from . import footage, knobs, numbers, replace
from .common import (
    OnProgress,
    add_alias,
    add_compute_options,
    add_detector_options,
    add_model_set_options,
    interruption_told,
    local_host,
    note,
    note_terms,
    progress_bar,
)

if TYPE_CHECKING:
    from ..reenact.clip import ClipRequest
    from ..reenact.missing import DrivingReport
    from ..reenact.roles import AlsoPlays
    from .common import SubParsers

_DESCRIPTION = """\
Draw the person of SOURCE with the head pose and expression of each frame of DRIVING.

SOURCE is a picture, or an identity from `invert`. DRIVING is a video, an animated GIF or WebP, a
picture, or a folder of pictures, whose frame rate and sound are kept; or a pose track or .csv, as
`poses`, `puppet` and `motion` write it. A video as SOURCE keeps its own frames and rate, and the
performance of DRIVING, which must be seen, is put into its face: see --transfer. The name of OUT
says what is written: .mp4 .mov .mkv .webm, .gif .webp, .png .jpg for a single picture, or a folder
of PNG frames if there is no suffix. With
--paste-back a cut-out SOURCE stays cut out in a folder, .png, .webp, .webm and .mov (ProRes 4444).
A file that is already there is replaced once the result is complete. Ctrl-C keeps the frames that
are done.
"""


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "reenact",
        help="animate the face of a picture with a video",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="picture, identity or video of the person"
    )
    parser.add_argument("driving", type=Path, metavar="DRIVING", help="what the person is to do")
    parser.add_argument("--out", "-o", type=Path, required=True, help="where the result goes")
    _add_look_options(parser)
    _add_face_options(parser)
    _add_clip_options(parser)
    replace.add_replace_options(parser)
    footage.add_footage_options(parser)
    add_model_set_options(parser)
    add_compute_options(parser)
    knobs.add_batch_option(parser)
    parser.set_defaults(run=run)


def _add_look_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--paste-back", action="store_true", help="put the face back into the source picture"
    )
    parser.add_argument(
        "--colour-match",
        action=argparse.BooleanOptionalAction,
        default=COLOUR_MATCH,
        help="with --paste-back: shift the face's colours to meet the picture's",
    )
    add_alias(parser, "--match-colours", dest="colour_match", action="store_true")
    parser.add_argument(
        "--front",
        type=Path,
        metavar="MASK",
        help="a picture as large as SOURCE, white where that stays in front of the face: hands, a "
        "microphone, hair; with --paste-back it is laid over the result",
    )
    knobs.add_detail_options(parser)
    knobs.add_framing_options(
        parser, without="the crop itself, and pasted back is a whole head with its hair"
    )
    knobs.add_motion_options(parser)
    parser.add_argument(
        "--compare", action="store_true", help="show source, driving frame and result side by side"
    )
    knobs.add_psi_option(parser)
    knobs.add_strength_options(parser)


def _add_face_options(parser: argparse.ArgumentParser) -> None:
    knobs.add_face_option(parser, "--face", whose="SOURCE")
    knobs.add_face_option(parser, "--driving-face", whose="the first frame of DRIVING with any")
    parser.add_argument(
        "--all-faces",
        action="store_true",
        help="every face of SOURCE performs, put back into the picture",
    )
    parser.add_argument(
        "--also",
        action="append",
        nargs="+",
        default=[],
        metavar=("FACE", "CLIP"),
        help="another face of SOURCE performs too: FACE [CLIP [WHICH]], played by face WHICH of "
        "CLIP (default: the largest of DRIVING); may be repeated",
    )
    parser.add_argument(
        "--box",
        metavar="BOX",
        help="look for the driving face only here: x,y,width,height in pixels of DRIVING, or a "
        ".json or .csv file with a box for every frame",
    )
    parser.add_argument(
        "--no-face",
        choices=NO_FACE_POLICIES,
        default=NO_FACE_POLICIES[0],
        help="frames without a face: keep the last pose, drop them (and the sound), take the "
        "source's own pose, or stop (default: %(default)s)",
    )
    knobs.add_stabilise_option(parser)
    add_detector_options(parser)


def _add_clip_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--start",
        type=numbers.not_negative,
        default=0,
        metavar="N",
        help="begin with this frame, from 0",
    )
    parser.add_argument(
        "--frames", type=numbers.positive, metavar="N", help="so many frames at most"
    )
    parser.add_argument(
        "--fps",
        type=numbers.rate,
        default=Fraction(25),
        metavar="RATE",
        help="frames a second of a folder of pictures, such as 25 or 30000/1001 "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--crf",
        type=numbers.whole(0, 51),
        default=18,
        metavar="0..51",
        help="quality of the video, less is better and larger (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> None:
    """Check everything that needs no weights, then stream the frames into the output."""
    from ..face.follow import cuts_text
    from ..models.sets import load_set
    from ..reenact.clip import ClipJob

    began = time.monotonic()
    bar = LateProgressBar("reenact")
    if args.replace_face or footage.is_footage(args):
        with bar:
            if args.replace_face:
                said = replace.run_replace(args, request_of(args), bar.show)
            else:
                said = footage.run_footage(args, bar.show)
        note(f"{said} in {time.monotonic() - began:.1f} s")
        return
    request, models = request_of(args), load_set(args.model_set, args.model_path)
    host = local_host(args, on_progress=bar.show)
    job = ClipJob(request, models)
    with interruption_told(job.writer), bar:
        job.run(host)
    note_terms(args.detector)
    if job.source_lies:
        note(f"{args.source}: its face lies, so the picture was turned upright to be drawn")
    if job.loses_sound:
        note("warning: dropped frames put the sound out of step, so it was left out")
    if job.report.without_face == job.report.frames:  # as wished: holding would be an error
        note(f"warning: no frame of {args.driving} shows a face; the source's pose was used")
    seconds = time.monotonic() - began
    cuts = ""
    if not request.is_cast:  # several faces are followed by who they are
        cuts = cuts_text([args.start + frame for frame in job.report.cuts])
    done = f"{job.writer.frames_written} frames in {seconds:.1f} s"
    note(f"{args.out}: {done}{_faces(job.report)}{cuts}")


class LateProgressBar(ExitStack):
    """A progress bar that appears with the first frame, so that errors before it stand alone."""

    def __init__(self, description: str) -> None:
        super().__init__()
        self._description = description
        self._show: OnProgress | None = None

    def show(self, done: int, total: int | None) -> None:
        """Report frames done, inside the `with` block."""
        if self._show is None:
            self._show = self.enter_context(progress_bar(self._description))
        self._show(done, total)


def request_of(args: argparse.Namespace) -> ClipRequest:
    """What the options ask for."""
    from ..reenact.clip import ClipRequest
    from ..reenact.driving import DrivingOptions
    from ..reenact.given_boxes import read_boxes
    from ..reenact.motion.live import LiveMotion
    from ..reenact.options import ReenactOptions
    from ..reenact.strength import DeltaStrength

    return ClipRequest(
        source=args.source,
        driving=args.driving,
        out=args.out,
        options=ReenactOptions(
            driving=DrivingOptions(
                no_face=args.no_face, choice=args.driving_face, stabilise=args.stabilise
            ),
            batch_size=args.batch_size,
            strength=DeltaStrength(*knobs.strengths(args)),
            detail=args.detail,
            size=args.size,
            paste_back=args.paste_back,
            colour_match=args.colour_match,
            motion=LiveMotion(args.motion, args.expression, args.head),
        ),
        choice=args.face,
        truncation_psi=args.truncation_psi,
        detector=args.detector,
        insight_root=args.insightface_root,
        compare=args.compare,
        start=args.start,
        limit=args.frames,
        default_rate=args.fps,
        crf=args.crf,
        front=args.front,
        all_faces=args.all_faces,
        also=tuple(_also(words) for words in args.also),
        framing=knobs.framing_of(args),
        boxes=() if args.box is None else read_boxes(args.box),
    )


def _also(words: Sequence[str]) -> AlsoPlays[Path]:
    """FACE [CLIP [WHICH]] of --also; InputError for anything else."""
    from ..reenact.roles import AlsoPlays

    face, *rest = words
    if len(rest) > 2:
        raise InputError(f"--also takes FACE, CLIP and WHICH, not {' '.join(words)!r}")
    try:
        return AlsoPlays(
            knobs.face_choice(face),
            Path(rest[0]) if rest else None,
            knobs.face_choice(rest[1]) if len(rest) > 1 else "largest",
        )
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--also: {error}") from error


def _faces(report: DrivingReport) -> str:
    """What became of frames without a face, such as ", 3 without a face (2 held, 1 dropped)"."""
    if report.without_face == 0:
        return ""
    fates = {
        "held": report.held,
        "took the first pose": report.ahead,
        "took the source's pose": report.source,
        "dropped": report.skipped,
    }
    parts = ", ".join(f"{count} {fate}" for fate, count in fates.items() if count)
    return f", {report.without_face} without a face ({parts})"
