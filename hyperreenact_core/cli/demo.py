"""`hyperreenact demo`: the whole chain on the shipped samples, for everyone to look at."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import OutputError
from .common import add_compute_options, add_model_set_options, local_host, note, progress_bar

if TYPE_CHECKING:
    from ..imaging import ImageU8
    from ..reenact.pipeline import Reenactor
    from ..reenact.source import SourceFace
    from ..video.sources import FrameSource
    from .common import SubParsers
    from .demo_pictures import Story

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


@dataclass(frozen=True)
class DemoClip:
    """A portrait and the clip that drives it: NAME_source.png and NAME_driving.mp4 in SAMPLES.

    detail: see `ReenactOptions`.
    """

    name: str
    caption: str
    detail: float

    @property
    def source(self) -> Path:
        return SAMPLES / f"{self.name}_source.png"

    @property
    def driving(self) -> Path:
        return SAMPLES / f"{self.name}_driving.mp4"


CLIPS = (
    DemoClip("talk", "With detail: the source's own pixels perform", 1.0),
    DemoClip("cross", "The generator alone: rendered heads, with large head turns", 0.0),
)


def register(subparsers: SubParsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "demo",
        help="animate the shipped samples",
        description="Animate the shipped samples, which are rendered heads: OUT/demo.mp4 shows "
        "source, driving clip and result, with sound; OUT/demo.png is a contact sheet.",
    )
    parser.add_argument(
        "--out", "-o", type=Path, default=Path("out"), help="folder (default: %(default)s)"
    )
    add_model_set_options(parser)
    add_compute_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the video frame by frame, then the sheet."""
    from ..models.sets import load_set
    from ..reenact.options import ReenactOptions
    from ..reenact.pipeline import Reenactor
    from ..reenact.source import analyse_source
    from ..video.outputs import open_writer
    from ..video.pictures import read_image
    from ..video.reader import open_frames
    from ..video.sources import AudioSource
    from ..video.stills import write_image
    from .demo_pictures import Story, contact_sheet, video_size
    from .demo_sound import join_sound

    began = time.monotonic()
    host = local_host(args)
    models = load_set(args.model_set, args.model_path)
    if args.out.exists() and not args.out.is_dir():
        raise OutputError(f"{args.out} is a file; name a folder")
    driving = [open_frames(clip.driving) for clip in CLIPS]
    counts = [clip.frame_count or 0 for clip in driving]
    width, height = video_size()
    stories: list[Story] = []
    with tempfile.TemporaryDirectory() as folder:
        sound = join_sound(driving, Path(folder) / "sound.wav")
        with open_writer(
            args.out / "demo.mp4",
            width=width,
            height=height,
            rate=driving[0].rate,
            audio=AudioSource(sound),
        ) as writer:
            reenactors = [
                Reenactor(models, host, options=ReenactOptions(detail=clip.detail))
                for clip in CLIPS
            ]
            sources = [
                analyse_source(read_image(clip.source), models, host, name=str(clip.source))
                for clip in CLIPS
            ]
            with progress_bar("demo") as show:
                for at, clip in enumerate(CLIPS):
                    story = Story.begin(clip.caption, sources[at], frames=counts[at])
                    stories.append(story)
                    for picture in _animated(reenactors[at], sources[at], driving[at], story):
                        writer.write(picture)
                        show(writer.frames_written, sum(counts))
    write_image(args.out / "demo.png", contact_sheet(stories))
    seconds = time.monotonic() - began
    note(
        f"{args.out / 'demo.mp4'} ({writer.frames_written} frames) and {args.out / 'demo.png'} "
        f"in {seconds:.1f} s"
    )


def _animated(
    reenactor: Reenactor, source: SourceFace, frames: FrameSource, story: Story
) -> Iterator[ImageU8]:
    """Pictures of the video; the story keeps some of them for the sheet."""
    with closing(reenactor.reenact(source, frames, name_frame=frames.name_of)) as results:
        for result in results:
            yield story.tell(result)
