"""`hyperreenact render --style drawn`: heads as they were drawn before the realistic ones."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..errors import InputError
from .common import progress_bar, say
from .render_sound import write_wave

_SHARD_SIZE = 128


def run_portrait(args: argparse.Namespace) -> int:
    """Write a PNG."""
    import numpy as np

    from ..synthetic.parameters import Expression, Pose
    from ..synthetic.renderer import render
    from ..synthetic.sampling import sample_environment, sample_identity
    from ..video.stills import write_image

    _refuse(args, "expression")
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

    _refuse(args, "kind")
    identity = sample_identity(args.identity)
    environment = sample_environment(np.random.default_rng(args.seed))
    motion = driving_motion(args.seed, frames=args.frames, fps=float(args.fps))
    with tempfile.TemporaryDirectory() as folder, progress_bar("render") as advance:
        voice = Path(folder) / "voice.wav"
        write_wave(voice, voice_track(args.seed, seconds=float(args.frames / args.fps)))
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

    _refuse(args, "side", "expressions", "occluded", "motion", "pictures_only")
    with progress_bar("render", unit="picture") as advance:
        paths = write_shards(
            args.out,
            first_identity=args.identity,
            identities=args.people,
            clips_per_identity=args.clips_per_person,
            frames_per_clip=args.frames_per_clip,
            size=args.size or _SHARD_SIZE,
            seed=args.seed,
            framing=None if args.portraits else FaceFraming(),
            workers=args.workers,
            progress=advance,
        )
    say(f"{len(paths)} shards in {args.out}")
    return 0


def _refuse(args: argparse.Namespace, *names: str) -> None:
    """Options of the other style."""
    for name in (*names, "assets"):
        if getattr(args, name) is not None and getattr(args, name) is not False:
            raise InputError(f"--{name.replace('_', '-')} is not for --style drawn: leave one out")
