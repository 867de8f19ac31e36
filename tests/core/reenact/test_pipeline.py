"""From driving frames to results."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hyperreenact_core.errors import InputError, NoFaceError
from hyperreenact_core.host import LocalHost, Preview
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.driving import DrivingOptions
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.pose import encode_pose
from hyperreenact_core.reenact.results import ReenactedFrame
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.reenact.strength import DeltaStrength
from hyperreenact_core.reenact.views import pose_view
from tests.core.reenact.tiny import SIZE, frames, picture, save_tiny_set

HOST = LocalHost(device="cpu")
PATTERN = ".ff.fffff.ff"


class Cancelled(BaseException):
    """What a host may raise: no Exception, as in ComfyUI."""


class NotingHost(LocalHost):
    """Notes progress; cancels at a given number of checks."""

    def __init__(self) -> None:
        super().__init__(device="cpu")
        self.done: list[tuple[int, int | None]] = []
        self.previews: list[ImageU8] = []
        self.occupied = 0
        self.cancelled = False

    def on_device(
        self, modules: Sequence[nn.Module], bytes_needed: int = 0
    ) -> AbstractContextManager[None]:
        self.occupied += 1
        assert bytes_needed >= 0
        return nullcontext()

    def progress(self, done: int, total: int | None, preview: Preview | None = None) -> None:
        self.done.append((done, total))
        assert preview is not None
        self.previews.append(preview())

    def check_interrupt(self) -> None:
        if self.cancelled:
            raise Cancelled


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def source(models: LoadedSet) -> SourceFace:
    return analyse_source(picture(width=80, height=100, seed=7), models, HOST, choice="centre")


def results(
    models: LoadedSet,
    source: SourceFace,
    pattern: str = PATTERN,
    *,
    driving: DrivingOptions | None = None,
    host: LocalHost = HOST,
    **options: object,
) -> list[ReenactedFrame]:
    chosen = ReenactOptions(driving=driving or DrivingOptions(), **{"detail": 0.0} | options)
    return list(Reenactor(models, host, options=chosen).reenact(source, frames(pattern)))


def test_every_frame_has_its_result(models, source):
    drawn = results(models, source)
    assert [r.index for r in drawn] == list(range(12))
    assert all(r.image.shape == (SIZE, SIZE, 3) and r.image.dtype == np.uint8 for r in drawn)
    assert [r.has_face for r in drawn] == [letter == "f" for letter in PATTERN]
    for result, frame in zip(drawn, frames(PATTERN), strict=True):
        assert np.array_equal(result.driving, frame)
    images = np.stack([r.image for r in drawn]).astype(int)
    # Held frames look like the frame whose pose they hold, others do not.
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[3], images[2])
    assert np.abs(images[4] - images[2]).max() > 2


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_the_batch_size_changes_nothing_but_rounding(models, source, batch_size: int):
    expected, given = results(models, source), results(models, source, batch_size=batch_size)
    difference = [
        np.abs(a.image.astype(int) - b.image).max() for a, b in zip(expected, given, strict=True)
    ]
    assert max(difference) <= 1
    assert [r.index for r in expected] == [r.index for r in given]


def test_the_same_frames_give_the_same_results(models, source):
    first, second = results(models, source), results(models, source)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_skip_leaves_frames_out_and_source_draws_them_with_the_own_pose(models, source):
    kept = results(models, source, driving=DrivingOptions(no_face="skip"))
    assert [r.index for r in kept] == [i for i, letter in enumerate(PATTERN) if letter == "f"]

    drawn = results(models, source, driving=DrivingOptions(no_face="source"))
    reenactor = Reenactor(models, HOST, options=ReenactOptions(detail=0.0))
    view = pose_view(source.crop, models)[None]
    own = reenactor.draw(source.identity, encode_pose(view, models.pose))
    image = ((own[0] + 1) * 127.5).round().permute(1, 2, 0).numpy()
    assert np.abs(drawn[3].image - image).max() <= 1
    assert np.abs(drawn[2].image - image).max() > 1


def test_a_missing_face_is_an_error_if_wished(models, source):
    options = ReenactOptions(
        driving=DrivingOptions(no_face="error", stabilise=1), batch_size=1, detail=0.0
    )
    run = Reenactor(models, HOST, options=options).reenact(
        source, frames("ff.f"), name_frame="clip.mp4, frame {}".format
    )
    assert [next(run).index, next(run).index] == [0, 1]
    with pytest.raises(NoFaceError, match=r"clip\.mp4, frame 2"):
        next(run)


def test_few_frames_are_read_before_their_results_are_asked_for(models, source):
    read = 0

    def noted() -> Iterator[ImageU8]:
        nonlocal read
        for frame in frames("f" * 40):
            read += 1
            yield frame

    options = ReenactOptions(driving=DrivingOptions(stabilise=5), batch_size=4, detail=0.0)
    with closing(Reenactor(models, HOST, options=options).reenact(source, noted())) as run:
        assert read == 0
        next(run), next(run), next(run), next(run)
        # The batch, the next one and a little more, one in hand, and what the square waits for.
        assert 4 + 5 // 2 <= read <= 4 + (4 + 2) + 1 + 5 // 2
        assert 4 <= run.report.frames <= read


def test_progress_is_told_and_the_host_can_cancel_at_any_frame(models, source):
    host = NotingHost()
    reenactor = Reenactor(models, host, options=ReenactOptions(batch_size=2, detail=0.0))
    drawn = list(reenactor.reenact(source, frames("ff.ff"), total=5))
    assert host.done == [(i, 5) for i in range(1, 6)]
    assert all(np.array_equal(p, r.image) for p, r in zip(host.previews, drawn, strict=True))
    assert host.occupied == 1

    host = NotingHost()
    options = ReenactOptions(driving=DrivingOptions(stabilise=1), batch_size=1, detail=0.0)
    run = Reenactor(models, host, options=options).reenact(source, frames("fffff"))
    next(run)
    host.cancelled = True
    with pytest.raises(Cancelled):
        next(run)


@pytest.mark.parametrize("detail", [0.0, 1.0])
def test_pasting_back_touches_the_face_alone(models, source, detail: float):
    pasted = results(models, source, "ff", paste_back=True, detail=detail)
    for result in pasted:
        assert result.image.shape == source.picture.shape
        changed = (result.image != source.picture).any(-1)
        rows, columns = np.nonzero(changed)
        corners = torch.tensor([[0.0, 0.0, 1.0], [SIZE, SIZE, 1.0]], dtype=torch.float64)
        left, top, right, bottom = (corners @ source.crop.frame_from_crop.T)[:, :2].flatten()
        assert len(rows) > 0.3 * float((right - left) * (bottom - top))
        assert rows.min() >= int(top) - 1
        assert rows.max() <= int(bottom) + 1
        assert columns.min() >= int(left) - 1
        assert columns.max() <= int(right) + 1


def test_strength_zero_is_the_reconstruction(models, source):
    drawn = results(models, source, "ff", strength=DeltaStrength(0, 0, 0))
    expected = ((source.reconstruction + 1) * 127.5).permute(1, 2, 0).numpy()
    assert all(np.abs(r.image - expected).max() <= 1.5 for r in drawn)
    full = results(models, source, "ff")
    fine = results(models, source, "ff", strength=DeltaStrength(coarse=0, middle=0))
    assert not np.array_equal(full[0].image, fine[0].image)


def test_half_precision_is_close(models, source):
    half = results(models, source, host=LocalHost(device="cpu", dtype=torch.bfloat16))
    whole = results(models, source)
    pairs = zip(half, whole, strict=True)
    errors = [np.abs(a.image.astype(int) - b.image).mean() for a, b in pairs]
    assert 0 < max(errors) < 6


def test_the_published_kinds_of_input_work_too(models, source, tmp_path: Path):
    published = LoadedSet(models.folder)
    published.settings = replace(
        models.settings,
        crop_whole_pixels=True,
        appearance_input="five_point",
        pose_input="deca_crop",
    )
    face = analyse_source(source.picture, published, HOST)
    assert not torch.equal(face.identity.appearance, source.identity.appearance)
    drawn = results(published, face, "f.f")
    assert len(drawn) == 3


def test_senseless_options_are_refused():
    with pytest.raises(InputError, match="batch_size"):
        ReenactOptions(batch_size=-1)
    with pytest.raises(InputError, match="odd"):
        DrivingOptions(stabilise=4)
    with pytest.raises(InputError, match="look-ahead"):
        DrivingOptions(lookahead=-1)


def test_memory_does_not_grow_with_the_clip(tmp_path: Path):
    """600 frames may need no more than 60; keeping all of them would take 138 MB more."""
    save_tiny_set(tmp_path / "tiny")
    command = [sys.executable, "-c", _MEASURE, str(tmp_path / "tiny")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=280)
    short, long = (int(kilobytes) for kilobytes in done.stdout.split())
    assert long < 1.1 * short, f"{short} kB after 60 frames, {long} kB after 600"


_MEASURE = """
import resource, sys
from pathlib import Path
import numpy as np, torch
from hyperreenact_core.face.found import FaceLandmarks
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.source import analyse_source
from tests.core.reenact.tiny import face_points, picture

class Steady:  # the search would take most of the time
    def detect(self, frame):
        return [FaceLandmarks(face_points() * 60 + 50, 0.9)]

    def track(self, frame, previous):
        return previous

torch.set_num_threads(1)
models, host = LoadedSet(Path(sys.argv[1])), LocalHost(device="cpu")
source = analyse_source(picture(), models, host, detector=Steady())
reenactor = Reenactor(models, host, options=ReenactOptions(detail=0.0), detector=Steady())
for count in (60, 600):
    frames = (np.full((240, 320, 3), i % 256, np.uint8) for i in range(count))
    for result in reenactor.reenact(source, frames):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
