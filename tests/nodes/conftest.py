"""The imported pack, a quiet host, and small pictures for it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from hyperreenact_core.video.stills import write_image
from hyperreenact_core.video.writer import VideoWriter
from tests.core.reenact.tiny import frames, picture, save_tiny_set
from tests.nodes.fake_host import FakeHost
from tests.nodes.imported import ROOT, Pack, imported


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    root = tmp_path_factory.mktemp("comfy")
    # The user's folder is searched before the shipped weights: this tiny set stands in for them.
    save_tiny_set(root / "models" / "hyperreenact" / "starter")
    with imported(root) as made:
        made.part("nodes.samples").SAMPLES = _small_samples(root / "samples")
        yield made


@pytest.fixture(autouse=True)
def quiet_host(request: pytest.FixtureRequest) -> None:
    """Every test begins with a host that has nothing to report and no wish to cancel."""
    if "pack" in request.fixturenames:
        host: FakeHost = request.getfixturevalue("pack").host
        host.steps.clear()
        host.loads.clear()
        host.interrupt_after = None


@pytest.fixture(autouse=True)
def inference() -> Iterator[None]:
    """The host runs nodes so."""
    with torch.inference_mode():
        yield


def image(pattern: str, *, side: int = 64) -> torch.Tensor:
    """IMAGE of small pictures, one a letter: `f` shows a face, `.` none."""
    made = [torch.from_numpy(frame) / 255 for frame in frames(pattern, width=side, height=side)]
    return torch.stack(made)


def _small_samples(folder: Path) -> Path:
    """Stand-ins of the shipped samples, which would take long: their names, six frames each."""
    folder.mkdir()
    shipped = ROOT / "workflows" / "samples"
    for path in shipped.glob("*.png"):
        write_image(folder / path.name, picture(width=64, height=64))
    for path in shipped.glob("*.mp4"):
        with VideoWriter(folder / path.name, width=64, height=64, rate=Fraction(25)) as writer:
            for frame in frames("ffffff"):
                writer.write(frame)
    return folder
