"""What `hyperreenact invert`, `blend`, `poses`, `puppet` and `draw` do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..reenact.knobs import CSV_LAYOUTS, PUPPET_LIMITS, CsvLayout
from . import knobs
from .common import OnProgress, local_host, progress_bar, say

if TYPE_CHECKING:
    from torch import Tensor

    from ..face.detect import FaceDetector
    from ..host import LocalHost
    from ..imaging import ImageU8
    from ..models.sets import LoadedSet
    from ..reenact.faces import AlignedFaces
    from ..reenact.posetrack import PoseTrack
    from ..video.sources import FrameSource


def run_invert(args: argparse.Namespace) -> None:
    """Write an identity file."""
    from ..reenact.faces import AlignOptions, align_faces
    from ..reenact.files import save_identity
    from ..reenact.stages import invert_face
    from ..types import Framing
    from ..video.pictures import read_image
    from ..video.stills import write_image

    check_places([args.out, args.picture], [args.source])
    host, models = _setting(args)
    picture = read_image(args.source)
    framing = knobs.framing_of(args) or Framing()
    options = AlignOptions(choice=args.face, stabilise=1, framing=framing)
    found = align_faces([picture], models, host, options, detector=detector(args, models, host))
    inverted = invert_face(found.crop_at(0), models, host, picture=picture)
    save_identity(args.out, inverted)
    if args.picture is not None:
        write_image(args.picture, _picture(inverted.reconstruction))
    say(str(args.out))


def run_blend(args: argparse.Namespace) -> None:
    """Write an identity file of two."""
    from ..reenact.blend import blend_identities
    from ..reenact.files import load_identity, save_identity
    from ..video.stills import write_image

    check_places([args.out, args.picture], [args.first, args.second])
    first, second = load_identity(args.first), load_identity(args.second)
    host, models = _setting(args)
    blended = blend_identities(first, second, args.amount, models, host)
    save_identity(args.out, blended)
    if args.picture is not None:
        write_image(args.picture, _picture(blended.reconstruction))
    say(str(args.out))


def run_poses(args: argparse.Namespace) -> None:
    """Write the pose track of a clip."""
    from ..reenact.files import TRACK_SUFFIXES, load_poses
    from ..reenact.memory import frames_at_once
    from ..reenact.posetrack import extract_poses
    from ..video.reader import open_frames

    check_places([args.out, args.plot], [args.driving])
    if args.driving.suffix.lower() in TRACK_SUFFIXES:
        track = load_poses(args.driving)
        _save_track(args, track, args.layout)
        say(f"{args.out}: {len(track)} frames")
        return
    driving = open_frames(args.driving)
    with progress_bar("poses") as show:
        host, models = _setting(args, show)
        found = faces_of(args, driving, models, host)
        track = extract_poses(
            found.crops,
            models,
            host,
            batch_size=frames_at_once(args.batch_size, host.device),
            seen=found,
            rate=driving.rate,
        )
    _save_track(args, track, args.layout)
    say(f"{args.out}: {found.to_text(total=driving.frame_count or len(found))}")


def run_puppet(args: argparse.Namespace) -> None:
    """Write a pose track made by hand."""
    from ..reenact import puppet
    from ..reenact.memory import frames_at_once

    check_places([args.out, args.plot, args.puppet], [])
    start = puppet.PuppetPose(**{name: getattr(args, name) for name in PUPPET_LIMITS})
    keys = puppet.parse_keyframes(text_of(args.keyframes)) if args.keyframes else {}
    motion = puppet.puppet_motion(start, keys, frames=args.frames)
    with progress_bar("puppet") as show:
        host, models = _setting(args, show)
        at_once = frames_at_once(args.batch_size, host.device)
        track, pictures = puppet.puppet_track(
            motion, models, host, batch_size=at_once, rate=args.fps
        )
    if args.puppet is not None:
        _write_frames(args.puppet, pictures, args.fps)
    _save_track(args, track)
    say(f"{args.out}: {len(track)} frames")


def run_draw(args: argparse.Namespace) -> None:
    """Draw a face as two files say."""
    from ..reenact.files import load_identity, load_poses
    from ..reenact.memory import frames_at_once
    from ..reenact.stages import draw_track, side_of
    from ..reenact.strength import DeltaStrength
    from ..reenact.track_rate import rate_of
    from ..video.outputs import open_writer

    source, track = load_identity(args.identity), load_poses(args.poses)
    with progress_bar("draw") as show:
        host, models = _setting(args, show)
        detail = float(source.portrait is not None) if args.detail is None else args.detail
        side = side_of(models, detail, args.size)
        rate, inputs = args.fps or rate_of(track), [args.identity, args.poses]
        with open_writer(args.out, width=side, height=side, rate=rate, inputs=inputs) as writer:
            for batch in draw_track(
                source,
                track,
                models,
                host,
                detail=detail,
                size=side,
                strength=DeltaStrength(*knobs.strengths(args)),
                truncation_psi=args.truncation_psi,
                batch_size=frames_at_once(args.batch_size, host.device),
            ):
                for image in batch.images:
                    writer.write(_picture(image))
    say(f"{args.out}: {writer.frames_written} frames")


def faces_of(
    args: argparse.Namespace, frames: FrameSource, models: LoadedSet, host: LocalHost
) -> AlignedFaces:
    """The driving faces as the options ask for them."""
    from ..reenact.faces import AlignOptions, align_faces

    options = AlignOptions(args.driving_face, args.stabilise, args.no_face)
    finder = detector(args, models, host)
    return align_faces(frames, models, host, options, detector=finder, total=frames.frame_count)


def detector(args: argparse.Namespace, models: LoadedSet, host: LocalHost) -> FaceDetector:
    """What finds the faces."""
    from ..reenact.views import detector_of

    return detector_of(models, host, args.detector, insight_root=args.insightface_root)


def check_places(outputs: Sequence[Path | None], inputs: Sequence[Path]) -> None:
    """See before the work that the files can be written; OutputError that names the one."""
    from ..evaluation.output import check_outputs
    from ..video.output import check_not_input

    named = [path for path in outputs if path is not None]
    for path in named:
        check_not_input(path, inputs)
    check_outputs([path for path in named if not path.is_dir() and path.suffix])


def _setting(
    args: argparse.Namespace, show: OnProgress | None = None
) -> tuple[LocalHost, LoadedSet]:
    from ..models.sets import load_set

    return local_host(args, on_progress=show), load_set(args.model_set, args.model_path)


def _save_track(
    args: argparse.Namespace, track: PoseTrack, layout: CsvLayout = CSV_LAYOUTS[0]
) -> None:
    from ..reenact.files import save_poses
    from ..reenact.plots import plot_poses
    from ..video.stills import write_image

    save_poses(args.out, track, layout)
    if args.plot is not None:
        write_image(args.plot, plot_poses(track))


def _write_frames(path: Path, pictures: Sequence[ImageU8], rate: Fraction) -> None:
    from ..video.outputs import open_writer

    height, width = pictures[0].shape[:2]
    with open_writer(path, width=width, height=height, rate=rate) as writer:
        for picture in pictures:
            writer.write(picture)


def _picture(image: Tensor) -> ImageU8:
    from ..imaging import u8_from_tensor

    return u8_from_tensor(image[None])[0]


def text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as text ({error})") from error
