"""Results in another square around the face: what they show, and where they are put back."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from hyperreenact_core.cli.demo import CLIPS
from hyperreenact_core.errors import InputError
from hyperreenact_core.face.squares import cut_square, square_from_frame
from hyperreenact_core.host import LocalHost
from hyperreenact_core.imaging import ImageU8, u8_from_tensor
from hyperreenact_core.models.sets import LoadedSet, load_set
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.performance import HeadState, Performance, fit_reading
from hyperreenact_core.reenact.editor import open_editor
from hyperreenact_core.reenact.expression import Expression
from hyperreenact_core.reenact.files import load_identity, save_identity
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.perform import perform, source_of
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.placing import drawn_side, in_square, place_of
from hyperreenact_core.reenact.posetrack import track_of
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.reenact.stages import draw_track, invert_face
from hyperreenact_core.reenact.strength import DeltaStrength
from hyperreenact_core.types import Framing
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames

HOST = LocalHost(device="cpu")
SIZE = 256
FRAMINGS = {
    "larger": Framing(1.4),
    "moved": Framing(1.25, 0.15, -0.1),
    "turned": Framing(1.1, 0.0, 0.0, 20.0),
}


@pytest.fixture(scope="module")
def models() -> LoadedSet:
    return load_set("starter")


@pytest.fixture(scope="module")
def source(models: LoadedSet) -> SourceFace:
    _, cross = CLIPS
    return analyse_source(read_image(cross.source), models, HOST)


@pytest.fixture(scope="module")
def frames() -> list[ImageU8]:
    return list(islice(open_frames(CLIPS[1].driving), 0, 12, 4))


def drawn(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8], **options: object
) -> list[ImageU8]:
    wanted = ReenactOptions(**{"size": SIZE, **options})  # pyright: ignore[reportArgumentType]
    reenactor = Reenactor(models, HOST, options=wanted)
    return [result.image for result in reenactor.reenact(source, frames)]


def held(models: LoadedSet, source: SourceFace, options: ReenactOptions) -> ImageU8:
    """The source in the very state that it has."""
    assert source.crop.reading is not None
    fit = fit_reading(load_head_model(), source.crop.reading)
    still = Performance.of([HeadState(fit.rotation, fit.coefficients)])
    return next(iter(perform(source, track_of(still), models, HOST, options))).image


def differences(one: ImageU8, other: ImageU8) -> np.ndarray:
    return np.abs(one.astype(int) - other.astype(int))


def test_the_usual_framing_changes_no_bit(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8]
) -> None:
    for options in ({"paste_back": False}, {"paste_back": True}, {"detail": 0.5}):
        before = drawn(models, source, frames, **options)
        after = drawn(models, source.framed(Framing()), frames, **options)
        assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_results_show_the_same_head_in_the_other_square(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8], framing: Framing
) -> None:
    usual, framed = (
        drawn(models, face, frames, size=512)[-1] for face in (source, source.framed(framing))
    )
    square = source.framed(framing).crop
    there = square_from_frame(square, side=512) @ torch.linalg.inv(
        square_from_frame(source.crop, side=512)
    )
    there[:2, 2] += there[:2, :2].sum(1) / 2 - 0.5  # OpenCV counts from the middle of a pixel
    inverse = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    moved = cv2.warpAffine(framed, there[:2].numpy(), (512, 512), flags=inverse)
    face = np.s_[150:400, 150:360]
    own = cut_square(source.picture, source.crop, size=512)
    moves, off = differences(usual, own)[face].mean(), differences(usual, moved)[face].mean()
    assert off < 0.35 * moves, "the head does the same"
    assert differences(framed, cut_square(source.picture, square, size=512))[:8, :8].max() <= 1


def test_networks_see_what_they_were_trained_on(source: SourceFace) -> None:
    framed = source.framed(Framing(1.8, 0.3, 0.3, 40.0))
    assert framed.identity is source.identity
    assert torch.equal(framed.crop.image, source.crop.image)
    assert torch.equal(framed.crop.crop_from_frame, source.crop.crop_from_frame)


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_a_still_face_is_put_back_where_it_was(
    models: LoadedSet, source: SourceFace, framing: Framing
) -> None:
    framed = source.framed(framing)
    whole = held(models, framed, ReenactOptions(paste_back=True, size=1024))
    off = differences(whole, source.picture)
    assert off.mean() < 0.7
    assert np.percentile(off, 99) <= 10, "only what two changes of size take from noise"
    grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (whole, source.picture)]
    (right, down), _ = cv2.phaseCorrelate(*grey)
    assert max(abs(right), abs(down)) < 0.1, "pixels"
    x0, y0, x1, y1 = (round(edge) for edge in place_of(framed))
    outside = np.ones(off.shape[:2], np.bool_)
    outside[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1] = False
    assert off[outside].max(initial=0) == 0


def test_a_larger_square_that_is_pasted_back_is_drawn_with_more_pixels(
    models: LoadedSet, source: SourceFace
) -> None:
    pasted = ReenactOptions(paste_back=True)
    assert drawn_side(source, pasted, models) == 512
    assert drawn_side(source.framed(Framing(1.5)), pasted, models) == 768
    assert drawn_side(source.framed(Framing(1.5)), ReenactOptions(), models) == 512


def test_the_crop_is_shown_of_a_larger_square_that_is_drawn(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8]
) -> None:
    options = ReenactOptions(size=SIZE)
    shown = in_square(source, options, models)
    assert in_square(shown, options, models) is shown
    assert shown.crop.framing.size > 1.2
    assert drawn_side(shown, options, models) == round(SIZE * shown.crop.framing.size)
    assert place_of(shown) == place_of(source)
    still = held(models, shown, options)
    assert still.shape == (SIZE, SIZE, 3)
    own = cut_square(source.picture, source.crop, size=SIZE)
    grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (still, own)]
    (right, down), _ = cv2.phaseCorrelate(*grey)
    assert max(abs(right), abs(down)) < 0.3, "pixels"
    assert differences(still, own).mean() < 1.5
    # Where the head moves, its surroundings come from beyond the crop: its edge does not hold them.
    bound = source.framed(Framing(1.0, 1e-6))
    moved, held_back = (drawn(models, face, frames)[-1] for face in (shown, bound))
    assert differences(moved, held_back)[60:180, 90:170].mean() < 2
    edges = [np.concatenate([p[0], p[-1], p[:, 0], p[:, -1]]) for p in (moved, held_back, own)]
    assert differences(edges[1], edges[2]).mean() < 1
    assert differences(edges[0], edges[2]).mean() > 2 * differences(edges[1], edges[2]).mean()


def test_pasted_back_is_all_that_is_drawn(models: LoadedSet, source: SourceFace) -> None:
    wide = in_square(source, ReenactOptions(paste_back=True), models)
    assert wide.shown is None
    (x0, y0, x1, y1), (left, top, right, bottom) = place_of(wide), place_of(source)
    assert x1 - x0 > 1.2 * (right - left)
    assert y1 - y0 > 1.2 * (bottom - top)
    height, width = source.picture.shape[:2]
    assert min(x0, y0) >= 0
    assert (x1, y1) <= (width, height)


def test_the_editor_draws_what_lies_around_the_crop_it_shows(
    models: LoadedSet, source: SourceFace
) -> None:
    editor = open_editor(source.picture, models, HOST)
    still, turned = (
        editor.draw(Expression.of(values), size=SIZE) for values in ({}, {"yaw": 12, "pitch": 8})
    )
    assert turned.picture.shape == (SIZE, SIZE, 3)
    border = round((turned.square.shape[-1] - SIZE) / 2)
    assert border > 0.15 * SIZE
    crop = np.s_[:, border : border + SIZE, border : border + SIZE]
    assert torch.equal(turned.square[crop], turned.face)
    beside = (turned.square - still.square).abs()
    beside[crop] = 0
    assert float(beside.max()) > 0.2
    # What is pasted back goes on where the crop ends.
    changed = differences(editor.pasted(turned), editor.pasted(still)).max(2)
    x0, y0, x1, y1 = (round(edge) for edge in place_of(source))
    changed[max(y0, 0) : y1, max(x0, 0) : x1] = 0
    assert changed.max() > 20


def test_without_detail_and_where_a_framing_is_asked_for_no_more_is_drawn(
    models: LoadedSet, source: SourceFace
) -> None:
    assert in_square(source, ReenactOptions(detail=0.0), models) is source
    framed = source.framed(Framing(1.2, 0.1))
    assert in_square(framed, ReenactOptions(), models) is framed


def test_around_the_generators_face_lies_the_picture(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8]
) -> None:
    framed = source.framed(Framing(1.8))
    shown = drawn(models, framed, frames, detail=0.0)[-1]
    picture = cut_square(source.picture, framed.crop, size=SIZE)
    off = differences(shown, picture).mean(2)
    assert off[:30].mean() < 8, "enlarged from what a generator of 128 pixels gives"
    assert off[90:170, 90:170].mean() > off[:30].mean() + 5


def test_an_identity_keeps_its_framing(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8], tmp_path: Path
) -> None:
    framing = Framing(1.25, 0.1, -0.1, 15.0)
    framed = source.framed(framing)
    inverted = invert_face(framed.crop, models, HOST, picture=source.picture)
    save_identity(tmp_path / "own.safetensors", inverted)
    kept = source_of(load_identity(tmp_path / "own.safetensors"), models, HOST)
    assert np.allclose(list(vars(kept.crop.framing).values()), list(vars(framing).values()))
    assert (kept.crop.landmarks - source.crop.landmarks).norm(dim=1).mean() < 8, "mesh and iBUG"
    direct, again = (drawn(models, face, frames)[-1] for face in (framed, kept))
    assert differences(direct, again).mean() < 1.5
    usual = kept.framed(Framing())
    off = differences(drawn(models, usual, frames)[-1], drawn(models, source, frames)[-1])
    assert off[40:-40, 40:-40].mean() < 3, "and can be shown in another one"


def test_an_identity_keeps_what_lies_around_its_crop(
    models: LoadedSet, source: SourceFace, frames: list[ImageU8], tmp_path: Path
) -> None:
    inverted = invert_face(source.crop, models, HOST, picture=source.picture)
    save_identity(tmp_path / "own.safetensors", inverted)
    loaded = load_identity(tmp_path / "own.safetensors")
    portrait = loaded.portrait
    assert portrait is not None
    assert portrait.shown == Framing()
    assert portrait.framing.size > 1.2
    kept = source_of(loaded, models, HOST)
    for options in ({}, {"detail": 0.5}, {"detail": 0.0}):
        direct, again = (drawn(models, face, frames, **options)[-1] for face in (source, kept))
        assert direct.shape == again.shape
        assert differences(direct, again).mean() < 2
    # What is drawn step by step shows the crop alone too.
    assert source.crop.reading is not None
    fit = fit_reading(load_head_model(), source.crop.reading)
    states = [HeadState(fit.rotation, fit.coefficients)] * 2
    batches = draw_track(
        loaded,
        track_of(Performance.of(states)),
        models,
        HOST,
        detail=1.0,
        size=SIZE,
        strength=DeltaStrength(),
        batch_size=2,
    )
    own = cut_square(source.picture, source.crop, size=SIZE)
    for image in next(iter(batches)).images:
        assert differences(u8_from_tensor(image[None])[0], own).mean() < 2


def test_what_cannot_be_framed_is_refused(models: LoadedSet, source: SourceFace) -> None:
    for framing in (Framing(3.0), Framing(x=0.8), Framing(roll_deg=90.0)):
        with pytest.raises(InputError, match="must lie in"):
            source.framed(framing)
    with pytest.raises(InputError, match="give the picture too"):
        invert_face(source.framed(Framing(1.5)).crop, models, HOST)
