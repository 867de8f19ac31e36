"""What the tests of commands share."""

from __future__ import annotations

import pytest

from hyperreenact_core.video.sources import AudioSource
from hyperreenact_core.video.stills import write_image
from tests.core.cli.reenact_files import PATTERN, Files, write_clip, write_tone
from tests.core.reenact.tiny import picture, save_tiny_set


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("files")
    save_tiny_set(folder / "models" / "tiny")
    source, clip, sound = folder / "me.png", folder / "clip.mp4", folder / "tone.wav"
    write_image(source, picture(width=72, height=88, seed=5))
    write_tone(sound, seconds=1.0)
    write_clip(clip, PATTERN, audio=AudioSource(sound))
    return Files(folder / "models", source, clip)
