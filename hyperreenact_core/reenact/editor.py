"""The expression of one face, shaped by hand: prepared once, drawn in a moment, many times."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..choices import FaceChoice
from ..errors import NoFaceError
from ..face.detect import FaceDetector
from ..face.paste import paste_back
from ..face.squares import crop_within, square_from_frame
from ..host import Host
from ..imaging import ImageU8, u8_from_tensor
from ..models.sets import LoadedSet
from ..networks.detail import DetailNetwork
from ..types import FaceCrop
from .detail.performance import Performance
from .detail.portrait import Portrait, portrait_around, side_kept
from .detail.stage import WORK_SIZE, DetailSource, DetailStage
from .expression import Expression
from .faces import AlignedFaces, AlignOptions, align_faces
from .pose import poses_of_performance
from .posetrack import PoseTrack, extract_poses

PREVIEW_SIZE = 512
"""Side in pixels of the picture under the sliders, once they rest."""

DRAFT_WORK_SIZE = 128
"""Side of what the network sees while they move: the time is about half."""


@dataclass(frozen=True, eq=False)
class Edited:
    """square: [3, S, S] in [-1, 1] on the CPU, the face and what moves around it. face: [3, R, R]
    of it, the crop. kept: share of the head that came from the source.
    """

    square: Tensor
    face: Tensor
    kept: float

    @property
    def picture(self) -> ImageU8:
        """The face alone, [R, R, 3]."""
        return u8_from_tensor(self.face[None])[0]


class FaceEditor:
    """One face of a picture, ready to be drawn with other expressions.

    The detail network carries the picture's own pixels; nothing is drawn by a generator. The
    device is wherever the network is when something is drawn.
    """

    def __init__(
        self, picture: ImageU8, crop: FaceCrop, network: DetailNetwork, *, dtype: torch.dtype
    ) -> None:
        """picture: [H, W, 3]. crop: its face, which was read; InputError where it was not.

        dtype: what the network computes in, see `Host.detail_dtype`.
        """
        self.picture, self.network, self._dtype = picture, network, dtype
        self.side = side_kept(crop)
        """Pixels of the face that the picture has, within what results need."""
        self._portrait: Portrait = portrait_around(picture, crop, shown=self.side, exactly=True)
        self._crop = replace(crop, framing=self._portrait.framing)
        self._prepared: dict[tuple[int, int], DetailSource] = {}

    @torch.inference_mode()
    def draw(self, expression: Expression, *, size: int, work_size: int = WORK_SIZE) -> Edited:
        """The face, R = `size`; without an expression its own pixels as they are.

        work_size: see `DetailStage`.
        """
        stage = self._stage(work_size)
        source = self._source(stage, size)
        if expression.is_neutral:
            return self._edited(source.picture, 1.0)
        drawn = stage.draw(source, [expression.posed(source.state)], None)
        return self._edited(drawn.images, float(drawn.kept[0]))

    def pasted(self, edited: Edited) -> ImageU8:
        """The whole picture with an edited face of any size in its place."""
        place = square_from_frame(self._crop, side=edited.square.shape[-1])
        return paste_back(self.picture, edited.square, place).frame

    def performance(self, expression: Expression) -> Performance:
        """The one state that an expression makes of the face."""
        own = self._source(self._stage(), PREVIEW_SIZE).state
        return Performance.of([expression.state(own)])

    def _edited(self, images: Tensor, kept: float) -> Edited:
        images, whole = images.cpu(), self._portrait.shown is None
        face = images if whole else crop_within(images, self._portrait.framing)
        return Edited(images[0], face[0], kept)

    def _stage(self, work_size: int = WORK_SIZE) -> DetailStage:
        return DetailStage(
            self.network, device=self._device, dtype=self._dtype, work_size=work_size
        )

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _source(self, stage: DetailStage, size: int) -> DetailSource:
        """Prepared once for both sizes; what was prepared on another device is prepared anew."""
        sizes = size, stage.work_size
        kept = self._prepared.get(sizes)
        if kept is None or kept.picture.device != self._device:
            drawn = round(size * self._portrait.framing.size)
            kept = self._prepared[sizes] = stage.prepare(self._portrait, size=drawn)
        return kept


def open_editor(
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    *,
    name: str = "the picture",
    choice: FaceChoice = "largest",
    detector: FaceDetector | None = None,
) -> FaceEditor:
    """Find and read the face of a picture [H, W, 3].

    name: what messages call the picture. choice: which of several faces. detector: the set's own
    if None. Raises NoFaceError where no face is found, InputError for a choice that cannot be had.
    """
    options = AlignOptions(choice=choice, stabilise=1)
    crop = _found(picture, models, host, options, name=name, detector=detector).crop_at(0)
    return FaceEditor(picture, crop, models.detail, dtype=host.detail_dtype)


def edited_face(editor: FaceEditor, expression: Expression, host: Host, *, size: int) -> Edited:
    """As `FaceEditor.draw`, on the host's device."""
    with host.on_device([editor.network], 0):
        return editor.draw(expression, size=size)


def expression_track(
    editor: FaceEditor, expression: Expression, models: LoadedSet, host: Host
) -> PoseTrack:
    """The edited face as a pose track of one frame.

    A set that is told states is told it; the pose encoder of another set looks at the result, and
    NoFaceError tells that no face is found in it.
    """
    performance = editor.performance(expression)
    if models.settings.pose_input == "state":
        told = poses_of_performance(performance)
        return PoseTrack(told, models.folder.name, performance, expression.text)
    picture = editor.pasted(edited_face(editor, expression, host, size=editor.side))
    options = AlignOptions(stabilise=1)
    crops = _found(picture, models, host, options, name="the edited picture").crops
    track = extract_poses(crops, models, host, batch_size=1)
    return PoseTrack(track.pose, track.model_set, performance, expression.text)


def _found(
    picture: ImageU8,
    models: LoadedSet,
    host: Host,
    options: AlignOptions,
    *,
    name: str,
    detector: FaceDetector | None = None,
) -> AlignedFaces:
    try:
        return align_faces([picture], models, host, options, detector=detector)
    except NoFaceError as error:
        raise NoFaceError(
            f"{name} shows no face that can be found; use one in which the face is large, sharp "
            "and not cut off"
        ) from error
