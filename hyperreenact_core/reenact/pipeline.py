"""Source face + driving frames -> result frames, lazily and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

import torch
from torch import Tensor, nn

from ..face.detect import FaceDetector
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..types import DrivingPose, SourceIdentity
from .ahead import made_ahead, shared_among
from .detail.clip import ClipDetail, Sketched, sketched
from .detail.portrait import guides
from .detail.stage import DetailStage
from .drawing import PreparedSource, draw_poses, prepare_source
from .driving import batches, posed_frames
from .memory import frames_at_once, working_bytes
from .missing import DrivingReport, PosedFrame
from .motion.smoothing import smooth_over
from .options import ReenactOptions
from .placing import (
    DrawnFace,
    drawn_side,
    in_square,
    laid_into,
    placed,
    portrait_behind,
    results_of,
    shows_crop_alone,
)
from .pose import pose_networks, poses_of
from .results import ReenactedFrame, Reenactment
from .source import SourceFace
from .views import PoseView, detector_of, pose_of, with_readings

_AHEAD = 2
"""Driving frames that are read while a batch is drawn, beside the next batch."""
_DRAWN = 1
"""Faces that are drawn while the last one is pasted back and written."""


class Reenactor:
    """The networks of a set, ready to animate faces on a host.

    Making one loads all weights: ModelError where they are missing or damaged.
    """

    def __init__(
        self,
        models: LoadedSet,
        host: Host,
        *,
        options: ReenactOptions | None = None,
        detector: FaceDetector | None = None,
    ) -> None:
        self._models, self._host = models, host
        wanted = options or ReenactOptions()
        at_once = frames_at_once(wanted.batch_size, host.device)
        self._options = replace(wanted, batch_size=at_once)
        self._detector = detector or detector_of(models, host)
        self._fast = models.fast(host.dtype)
        self._detail: DetailStage | None = None
        reads = self._options.detail > 0 or models.settings.pose_input == "state"
        if reads:
            self._detector = with_readings(self._detector, models, host)
        self._networks: list[nn.Module] = [
            *(models.reading_networks if reads else models.detector_networks),
            *pose_networks(models, host.dtype),
            self._fast.hypernetwork,
            self._fast.generator,
        ]
        if self._options.detail > 0:
            self._detail = DetailStage(models.detail, device=host.device, dtype=host.detail_dtype)
            self._networks.append(models.detail)

    def reenact(
        self,
        source: SourceFace,
        frames: Iterable[ImageU8],
        *,
        total: int | None = None,
        name_frame: Callable[[int], str] = "frame {}".format,
    ) -> Reenactment:
        """Draw the source face in the pose of every driving frame [H, W, 3] of a clip.

        total: frames to expect, for progress. name_frame: what messages call frame n.
        Nothing happens until results are asked for. Raises then NoFaceError or InputError that
        name a frame, and whatever the host raises to cancel.
        """
        report = DrivingReport()
        results = self._results(source, frames, report, total=total, name_frame=name_frame)
        return Reenactment(results, report)

    def read(
        self,
        source: SourceFace,
        frames: Iterable[ImageU8],
        report: DrivingReport,
        *,
        name_frame: Callable[[int], str],
    ) -> Iterator[PosedFrame]:
        """What every frame of a clip asks for: all that later ones need to know of earlier ones.

        `draw_read` draws them, in batches of any length. Counts in `report`; raises as `reenact`.
        """
        source = in_square(source, self._options, self._models)
        own_pose = pose_of(source.crop, self._models)
        with self._host.on_device(self._networks, self._bytes_needed):
            detailed = self._detailed(source, self._prepare(source.identity), own_pose)
            posed = self._posed(frames, own_pose, report, name_frame)
            yield from posed if detailed is None else detailed.states(posed)

    def draw_read(self, source: SourceFace, frames: Iterable[PosedFrame]) -> Iterator[ImageU8]:
        """The results of frames that were read, as `reenact` makes them of the same batches."""
        source = in_square(source, self._options, self._models)
        with self._host.on_device(self._networks, self._bytes_needed):
            prepared = self._prepare(source.identity)
            detailed = self._detailed(source, prepared, pose_of(source.crop, self._models))
            laid = laid_into(source)
            for batch in batches(sketched(frames, detailed), self._options.batch_size):
                faces, _ = self._faces(prepared, detailed, batch, laid)
                for face in faces:
                    self._host.check_interrupt()
                    yield placed(source, face, self._options, self._models).image

    @property
    def batch_size(self) -> int:
        """Frames that are drawn at once."""
        return self._options.batch_size

    def draw(self, identity: SourceIdentity, pose: DrivingPose) -> Tensor:
        """The face of a source in B poses, [B, 3, R, R] in [-1, 1] on the host's device."""
        with self._host.on_device(self._networks, self._bytes_needed):
            return self._draw(self._prepare(identity), pose.to(self._host.device))

    @property
    def _bytes_needed(self) -> int:
        return working_bytes(self._models, batch_size=self._options.batch_size)

    def _results(
        self,
        source: SourceFace,
        frames: Iterable[ImageU8],
        report: DrivingReport,
        *,
        total: int | None,
        name_frame: Callable[[int], str],
    ) -> Generator[ReenactedFrame, None, None]:
        source = in_square(source, self._options, self._models)
        with self._host.on_device(self._networks, self._bytes_needed):
            prepared = self._prepare(source.identity)
            own_pose = pose_of(source.crop, self._models)
            detailed = self._detailed(source, prepared, own_pose)
            posed = self._posed(frames, own_pose, report, name_frame)
            posed = posed if detailed is None else detailed.states(posed)
            count, share = self._options.batch_size + _AHEAD, shared_among(2)
            sketches = made_ahead(sketched(posed, detailed), count, threads=share)
            with closing(sketches) as ready:
                faces = self._drawn(prepared, detailed, ready, laid_into(source))
                with closing(made_ahead(faces, _DRAWN, threads=share)) as drawn:
                    for result in results_of(
                        drawn, source, self._options, self._models, self._host, report
                    ):
                        self._host.progress(result.index + 1, total, lambda r=result: r.image)
                        yield result

    def _drawn(
        self,
        prepared: PreparedSource,
        detailed: ClipDetail | None,
        frames: Iterable[Sketched],
        laid: Callable[[Tensor], Tensor],
    ) -> Generator[DrawnFace, None, None]:
        for batch in batches(frames, self._options.batch_size):
            faces, kept = self._faces(prepared, detailed, batch, laid)
            for at, (frame, _) in enumerate(batch):
                share = None if kept is None else float(kept[at])
                yield DrawnFace(
                    frame.index, frame.picture, frame.crop, frame.origin, faces[at], share
                )

    def _posed(
        self,
        frames: Iterable[ImageU8],
        own_pose: PoseView,
        report: DrivingReport,
        name_frame: Callable[[int], str],
    ) -> Iterator[PosedFrame]:
        return posed_frames(
            frames,
            self._models,
            self._host,
            self._detector,
            self._options.driving,
            source_view=own_pose,
            report=report,
            name_frame=name_frame,
        )

    def _prepare(self, identity: SourceIdentity) -> PreparedSource:
        """What the source alone decides: once, not once a frame."""
        device = self._host.device
        return prepare_source(
            identity.w_plus.to(device), identity.appearance.to(device), self._fast
        )

    @torch.inference_mode()
    def _faces(
        self,
        prepared: PreparedSource,
        detailed: ClipDetail | None,
        batch: list[Sketched],
        laid: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, Tensor | None]:
        """A batch of frames -> results [B, 3, r, r] on the CPU, and with detail what was kept."""
        views = [frame.pose.view for frame, _ in batch]
        if detailed is None:
            return laid(self._draw_views(prepared, views)).cpu(), None
        drawn = laid(self._draw_views(prepared, views)) if detailed.needs_guides else None
        images, kept = detailed([sketch for _, sketch in batch if sketch is not None], drawn)
        return images.cpu(), kept

    def _draw_views(self, prepared: PreparedSource, views: list[Tensor]) -> Tensor:
        seen = torch.stack(views).to(self._host.device)
        return self._draw(prepared, poses_of(seen, self._models, self._host.dtype))

    def _detailed(
        self, source: SourceFace, prepared: PreparedSource, own_pose: PoseView
    ) -> ClipDetail | None:
        """What adds detail to the frames of one clip; None without detail."""
        if self._detail is None:
            return None
        guide: Tensor | None = None
        if guides(self._models.settings):
            with torch.inference_mode():
                guide = self._draw_views(prepared, [own_pose.view])[0]
        o = self._options
        portrait = portrait_behind(source, guide)
        size = drawn_side(source, o, self._models)
        kept = self._detail.prepare(portrait, size=size, crop_alone=shows_crop_alone(source, o))
        smooth = smooth_over(o.driving.stabilise)
        return ClipDetail(self._detail, kept, o.detail, o.motion, smooth=smooth)

    def _draw(self, prepared: PreparedSource, pose: DrivingPose) -> Tensor:
        return draw_poses(prepared, pose.features, self._fast, self._options.strength)
