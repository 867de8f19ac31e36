"""A source face performs a pose track: what was read before, recorded elsewhere, or edited."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace

import torch

from ..errors import InputError
from ..face.align import CropBox, CropRule, cut, move_points
from ..face.follow import NO_PICTURE
from ..face.given import ibug_from_mesh
from ..face.squares import cut_by, square_from_crop
from ..host import Host
from ..imaging import tensor_from_u8
from ..models.sets import LoadedSet
from ..types import FaceCrop
from .detail.head_model import load_head_model
from .detail.performance import HeadState, Performance, fit_reading
from .detail.portrait import guides
from .detail.stage import Detailed
from .knobs import chosen_psi
from .memory import frames_at_once, working_bytes
from .missing import DrivingReport
from .motion.edit import MotionEdit, edit_motion
from .motion.live import LiveMotion
from .options import ReenactOptions
from .placing import DrawnFace, drawn_side, in_square, portrait_behind, results_of
from .posetrack import PoseTrack, track_of
from .results import ReenactedFrame, Reenactment
from .source import SourceFace, truncate
from .stages import InvertedFace, check_set, draw_track, own_guide


def source_of(
    identity: InvertedFace,
    models: LoadedSet,
    host: Host,
    *,
    truncation_psi: float | None = None,
) -> SourceFace:
    """The face of an identity, in the square picture that it keeps.

    truncation_psi: as of `analyse_source`. Its framing is the one that it was kept with.
    InputError where no picture was kept, or where the identity was made with another set.
    """
    check_set(models, identity.model_set, what="the identity")
    portrait = identity.portrait
    if portrait is None:
        raise InputError(
            "the identity keeps no picture of the face, which is carried over: invert the face "
            "again together with its picture"
        )
    psi = chosen_psi(truncation_psi, models.settings.truncation_psi)
    side, size = len(portrait.image), models.settings.resolution
    framing = portrait.framing
    if framing.is_usual:
        whole = CropBox(side / 2, side / 2, side / 2)
        image, matrix = cut(portrait.image, whole, CropRule(size=size))
        moves = matrix
    else:  # the crop lies somewhere in the picture, which perhaps is turned
        matrix, moves = (
            torch.linalg.inv(square_from_crop(framing, crop=size, side=side, rolled=rolled))
            for rolled in (True, False)
        )
        image = tensor_from_u8(cut_by(portrait.image, matrix, size=size))[0]
    found = ibug_from_mesh(portrait.reading.points.numpy())
    crop = FaceCrop(
        image=image,
        crop_from_frame=matrix,
        landmarks=move_points(found.landmarks, moves),
        score=portrait.reading.score,
        reading=portrait.reading.moved(moves),
        framing=framing,
    )
    with host.on_device([models.generator], working_bytes(models, batch_size=1)):
        codes = truncate(identity.identity.w_plus, models, host, psi=psi)
    own = replace(identity.identity, w_plus=codes)
    return SourceFace(portrait.image, crop, own, identity.reconstruction, shown=portrait.shown)


def perform(
    source: SourceFace,
    track: PoseTrack,
    models: LoadedSet,
    host: Host,
    options: ReenactOptions | None = None,
) -> Reenactment:
    """Draw a source face as a track performs, one result a pose; options for reading are unused.

    Nothing happens until results are asked for. Raises then InputError where the track cannot be
    told to the set's generator and that is looked at, and whatever the host raises to cancel.
    """
    report = DrivingReport()
    return Reenactment(_results(source, track, models, host, options, report), report)


def _results(
    source: SourceFace,
    track: PoseTrack,
    models: LoadedSet,
    host: Host,
    options: ReenactOptions | None,
    report: DrivingReport,
) -> Generator[ReenactedFrame, None, None]:
    wanted = options or ReenactOptions()
    source = in_square(source, wanted, models)
    batches = draw_track(
        _inverted(source, models, host, detail=wanted.detail),
        _moved(track, source, wanted.motion),
        models,
        host,
        detail=wanted.detail,
        size=drawn_side(source, wanted, models),
        strength=wanted.strength,
        truncation_psi=1.0,  # the source's codes are truncated already
        batch_size=frames_at_once(wanted.batch_size, host.device),
    )
    drawn = _counted(batches, report, detailed=wanted.detail > 0)
    yield from results_of(drawn, source, wanted, models, host, report)


def _counted(
    batches: Iterable[Detailed], report: DrivingReport, *, detailed: bool
) -> Iterator[DrawnFace]:
    for batch in batches:
        for face, kept in zip(batch.images, batch.kept.tolist(), strict=True):
            at = report.frames
            report.frames += 1
            yield DrawnFace(at, NO_PICTURE, None, "face", face, kept if detailed else None)


def _inverted(source: SourceFace, models: LoadedSet, host: Host, *, detail: float) -> InvertedFace:
    portrait = None
    if detail > 0 or not source.crop.framing.is_usual:
        guide = None
        if detail > 0 and guides(models.settings):
            guide = own_guide(source.identity, source.crop, models, host)
        portrait = portrait_behind(source, guide)
    return InvertedFace(source.identity, source.reconstruction, models.folder.name, portrait)


def _moved(track: PoseTrack, source: SourceFace, motion: LiveMotion) -> PoseTrack:
    """The track as the motion asks for, see `LiveMotion`."""
    if not motion.changes:
        return track
    if source.crop.reading is None:
        raise InputError("the source's face was not read, which relative motion needs")
    fit = fit_reading(load_head_model(), source.crop.reading)
    rest = Performance.of([HeadState(fit.rotation, fit.coefficients)])
    edit = MotionEdit(
        relative="first" if motion.mode == "relative" else "off",
        head=motion.head,
        **dict.fromkeys(("eyes", "gaze", "brows", "mouth", "jaw"), motion.expression),
    )
    return track_of(edit_motion(track.states, edit, source=rest))
