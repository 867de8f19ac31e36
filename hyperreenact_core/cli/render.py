"""`hyperreenact render`: pictures, clips and training shards of synthetic heads."""

from __future__ import annotations

import argparse
import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .common import progress_bar, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .common import SubParsers

SAMPLE_RATE = 44_100


def register(subparsers: SubParsers) -> None:
    """Add `render portrait`, `render clip` and `render shards`."""
    parser = subparsers.add_parser("render", help="draw synthetic heads")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    portrait = actions.add_parser("portrait", help="write one picture as PNG")
    _add_common(portrait, size=512)
    portrait.add_argument(
        "--pose",
        type=_pose,
        default=(0.0, 0.0, 0.0),
        metavar="YAW,PITCH,ROLL",
        help="degrees; write --pose=-30,0,0 if it begins with a minus (default: 0,0,0)",
    )
    portrait.set_defaults(run=run_portrait)

    clip = actions.add_parser("clip", help="write a talking head with sound as MP4")
    _add_common(clip, size=256)
    clip.add_argument("--frames", type=_positive, default=200, metavar="N", help=_DEFAULT)
    clip.add_argument("--fps", type=_rate, default=Fraction(25), metavar="RATE", help=_DEFAULT)
    clip.set_defaults(run=run_clip)

    shards = actions.add_parser("shards", help="write a folder of training pictures")
    _add_common(shards, size=128)
    shards.add_argument("--identities", type=_positive, default=100, metavar="N", help=_DEFAULT)
    shards.add_argument(
        "--clips-per-identity", type=_positive, default=2, metavar="N", help=_DEFAULT
    )
    shards.add_argument("--frames-per-clip", type=_positive, default=8, metavar="N", help=_DEFAULT)
    shards.add_argument("--workers", type=_positive, default=1, metavar="N", help=_DEFAULT)
    shards.add_argument(
        "--portraits", action="store_true", help="draw head and shoulders, not the aligned face"
    )
    shards.set_defaults(run=run_shards)


_DEFAULT = "(default: %(default)s)"


def _add_common(parser: argparse.ArgumentParser, *, size: int) -> None:
    parser.add_argument(
        "--identity", type=_seed, default=0, metavar="SEED", help="who; the first of them in shards"
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help="light, background and movement"
    )
    parser.add_argument("--size", type=_positive, default=size, metavar="PX", help=_DEFAULT)
    parser.add_argument("--out", "-o", type=Path, required=True, help="file, or folder of shards")


def run_portrait(args: argparse.Namespace) -> int:
    """Write a PNG."""
    import numpy as np

    from ..synthetic.parameters import Expression, Pose
    from ..synthetic.renderer import render
    from ..synthetic.sampling import sample_environment, sample_identity
    from ..video.stills import write_image

    _check_suffix(args.out, ".png")
    yaw_deg, pitch_deg, roll_deg = args.pose
    rendering = render(
        sample_identity(args.identity),
        Expression(smile=0.4),
        Pose(yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg),
        sample_environment(np.random.default_rng(args.seed)),
        size=args.size,
        supersample=3,
    )
    write_image(args.out, rendering.image)
    say(str(args.out))
    return 0


def run_clip(args: argparse.Namespace) -> int:
    """Write an MP4 whose voice follows the jaw."""
    import numpy as np

    from ..synthetic.motion import driving_motion
    from ..synthetic.renderer import render
    from ..synthetic.sampling import sample_environment, sample_identity
    from ..synthetic.sound import voice_track
    from ..video.sources import AudioSource
    from ..video.writer import VideoWriter

    _check_suffix(args.out, ".mp4")
    identity = sample_identity(args.identity)
    environment = sample_environment(np.random.default_rng(args.seed))
    motion = driving_motion(args.seed, frames=args.frames, fps=float(args.fps))
    with tempfile.TemporaryDirectory() as folder, progress_bar("render") as advance:
        voice = Path(folder) / "voice.wav"
        _write_wave(voice, voice_track(args.seed, seconds=float(args.frames / args.fps)))
        with VideoWriter(
            args.out,
            width=args.size,
            height=args.size,
            rate=args.fps,
            audio=AudioSource(voice),
        ) as writer:
            for index, (pose, expression) in enumerate(motion):
                rendering = render(identity, expression, pose, environment, size=args.size)
                writer.write(rendering.image)
                advance(index + 1, args.frames)
    say(str(args.out))
    return 0


def run_shards(args: argparse.Namespace) -> int:
    """Write or complete a folder of shards."""
    from ..synthetic.camera import FaceFraming
    from ..synthetic.shards import write_shards

    with progress_bar("render", unit="picture") as advance:
        paths = write_shards(
            args.out,
            first_identity=args.identity,
            identities=args.identities,
            clips_per_identity=args.clips_per_identity,
            frames_per_clip=args.frames_per_clip,
            size=args.size,
            seed=args.seed,
            framing=None if args.portraits else FaceFraming(),
            workers=args.workers,
            progress=advance,
        )
    say(f"{len(paths)} shards in {args.out}")
    return 0


def _check_suffix(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise InputError(f"{path}: give a file name that ends in {suffix}")


def _write_wave(path: Path, samples: NDArray[np.float32]) -> None:
    """[samples] in [-1, 1] -> 16 bit mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _rate(text: str) -> Fraction:
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"{text} is no rate such as 25 or 30000/1001") from error
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive rate")
    return value


def _pose(text: str) -> tuple[float, float, float]:
    try:
        yaw, pitch, roll = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no pose: give three numbers as YAW,PITCH,ROLL"
        ) from error
    return yaw, pitch, roll
