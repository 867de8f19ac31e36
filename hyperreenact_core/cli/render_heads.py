"""`hyperreenact render`: portraits, clips and shards of realistic heads."""

from __future__ import annotations

import argparse
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .common import progress_bar, say
from .engines import spread_of
from .wave_file import SAMPLE_RATE, write_wave

if TYPE_CHECKING:
    import numpy as np

    from ..heads.expression import Expression
    from ..heads.figure import Figure
    from ..heads.picture import Scene
    from ..heads.stage import Stage
    from ..heads.wardrobe import Wardrobe

_FINE_SIZE = 1024
"""Pictures up to this size are drawn with four by four sub-pixels, larger ones with two by two."""


def run_portrait(args: argparse.Namespace) -> int:
    """Write a PNG."""
    import numpy as np

    from ..heads.performance import Performance
    from ..heads.picture import clip_of, develop
    from ..video.stills import write_image

    expression = _preset(args.expression or "smile")
    rng = np.random.default_rng(args.seed)
    stage, wardrobe = studio(args, finer=4 if args.size <= _FINE_SIZE else 2)
    yaw_deg, pitch_deg, roll_deg = args.pose
    moment = Performance(expression, yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=roll_deg)
    figure, scene = _sitting(args, wardrobe, rng)
    (shot,) = clip_of(figure, [moment], scene)
    picture, _ = develop(stage, shot, scene, rng)
    write_image(args.out, picture.image)
    say(str(args.out))
    return 0


def run_clip(args: argparse.Namespace) -> int:
    """Write an MP4 whose voice follows the jaw."""
    import numpy as np

    from ..heads.expression import action_index
    from ..heads.motion import sample_motion
    from ..heads.performance import Performance
    from ..heads.picture import develop, shoot
    from ..heads.voice import voice_track
    from ..video.sources import AudioSource
    from ..video.writer import VideoWriter

    rng = np.random.default_rng(args.seed)
    fps = float(args.fps)
    stage, wardrobe = studio(args)
    figure, scene = _sitting(args, wardrobe, rng)
    motion = list(sample_motion(rng, frames=args.frames, fps=fps, kind=args.kind or "talk"))
    jaw = np.array([moment.expression[action_index("jawOpen")] for moment in motion])
    still = Performance(_preset("neutral"), yaw_deg=0, pitch_deg=0, roll_deg=0)
    camera = shoot(figure, still, scene).camera
    with tempfile.TemporaryDirectory() as folder, progress_bar("render") as advance:
        voice = Path(folder) / "voice.wav"
        track = voice_track(jaw, fps=fps, rng=rng, sample_rate=SAMPLE_RATE)
        write_wave(voice, [(track * 32767).astype("int16")])
        with VideoWriter(
            args.out,
            width=args.size,
            height=args.size,
            rate=args.fps,
            audio=AudioSource(voice),
        ) as writer:
            for index, moment in enumerate(motion):
                shot = shoot(figure, moment, scene, camera=camera)
                writer.write(develop(stage, shot, scene, rng)[0].image)
                advance(index + 1, args.frames)
    say(str(args.out))
    return 0


def run_shards(args: argparse.Namespace) -> int:
    """Write or complete a folder of shards."""
    from ..heads.shards import write_shards
    from ..heads.takes import Recipe

    plain = Recipe()

    def given(name: str) -> float:
        value: float | None = getattr(args, name)
        return getattr(plain, name) if value is None else value

    recipe = Recipe(
        frames=args.frames_per_clip,
        side=args.side or plain.side,
        expressions=given("expressions"),
        occluded=given("occluded"),
        motion=args.motion,
        truths=not args.pictures_only,
    )
    with progress_bar("render", unit="picture") as advance:
        paths = write_shards(
            args.out,
            first_person=args.identity,
            people=args.people,
            clips_per_person=args.clips_per_person,
            size=args.size,
            seed=args.seed,
            recipe=recipe,
            backgrounds=args.backgrounds,
            workers=args.workers,
            spread=spread_of(args),
            assets=args.assets,
            progress=advance,
        )
    say(f"{len(paths)} shards in {args.out}")
    return 0


def studio(args: argparse.Namespace, *, finer: int = 2) -> tuple[Stage, Wardrobe]:
    """What draws, and what people choose from; InputError where something is missing."""
    from ..heads.assets import Assets
    from ..heads.body import load_body
    from ..heads.stage import Stage
    from ..heads.wardrobe import Wardrobe

    wardrobe = Wardrobe(Assets(args.assets))
    stage = Stage(args.size, finer=finer)
    load_body()
    return stage, wardrobe


def _sitting(
    args: argparse.Namespace, wardrobe: Wardrobe, rng: np.random.Generator
) -> tuple[Figure, Scene]:
    """The person, in a scene with nothing in the way and through a lens without faults."""
    from ..heads.camera import Framing
    from ..heads.figure import make_figure
    from ..heads.people import sample_person
    from ..heads.picture import sample_scene
    from ..heads.sheets import clean

    figure = make_figure(sample_person(args.identity, wardrobe), wardrobe)
    pictures = background_pictures(args)
    return figure, clean(sample_scene(rng, figure, Framing(), occluded=False, pictures=pictures))


def background_pictures(args: argparse.Namespace) -> tuple[Path, ...]:
    """The files of `--backgrounds`, none where it is not given."""
    from ..heads.backgrounds import find_pictures

    return () if args.backgrounds is None else find_pictures(args.backgrounds).paths


def _preset(name: str) -> Expression:
    from ..heads.expression import coefficients
    from ..heads.presets import PRESETS

    if name not in PRESETS:
        near = get_close_matches(name, PRESETS, n=1) or ["smile"]
        raise InputError(
            f"there is no expression {name!r}: did you mean {near[0]}? All: {', '.join(PRESETS)}"
        )
    return coefficients(PRESETS[name])
