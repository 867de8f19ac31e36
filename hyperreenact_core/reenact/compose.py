"""Drawn faces -> back into the frames they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from ..errors import InputError
from ..face.paste import Pasted, paste_back
from ..face.squares import square_from_frame
from ..host import Host
from ..imaging import ImageU8, resize
from .faces import AlignedFaces
from .knobs import COLOUR_MATCH, FEATHER


@dataclass(frozen=True)
class PasteOptions:
    """feather: width of the soft border as a share of half the crop's side, 0 to 1.

    colour_match: shift the face's colours so that they meet the frame's along the border.
    """

    feather: float = FEATHER.default
    colour_match: bool = COLOUR_MATCH

    def __post_init__(self) -> None:
        FEATHER.check(self.feather)


def paste_faces(
    frames: Sequence[ImageU8],
    faces: AlignedFaces,
    images: Sequence[Tensor],
    host: Host,
    options: PasteOptions,
    *,
    masks: Sequence[Tensor] | None = None,
    fronts: Sequence[Tensor] | None = None,
) -> Iterator[Pasted]:
    """Lay faces over frames, one result a face drawn.

    frames: uint8 [H, W, 3]; one of them serves all. faces: where they were cut; likewise.
    images: [3, S, S] in [-1, 1], of any square size. masks: [S, S] in [0, 1], part of the face
    to show; a rounded square if None, and one serves all. fronts: [H, W] in [0, 1], what of the
    frame stays in front; nothing if None, and one serves all.
    InputError where the numbers or sizes do not fit.
    """
    total = len(images)
    counts = {"frames": frames, "masks": masks or [None], "front masks": fronts or [None]}
    _check_counts({name: len(given) for name, given in counts.items()}, total)
    if len(faces) not in (1, total):
        raise InputError(f"{len(faces)} aligned faces cannot take {total} images: use 1 or {total}")
    for at, image in enumerate(images):
        host.check_interrupt()
        face = faces.faces[at if len(faces) > 1 else 0]
        frame = frames[_frame_of(face.frame, at, total=total, frames=len(frames))]
        _check_size(frame, image, faces)
        matrix = square_from_frame(face.crop, side=image.shape[-1])
        mask = None if masks is None else masks[at if len(masks) > 1 else 0]
        if mask is not None and mask.shape[-1] != image.shape[-1]:
            mask = resize(mask[None, None], image.shape[-1])[0, 0]
        front = None if fronts is None else fronts[at if len(fronts) > 1 else 0]
        if front is not None and tuple(front.shape) != frame.shape[:2]:
            raise InputError(
                f"what stays in front is told for {front.shape[1]}x{front.shape[0]} pixels, the "
                f"frames have {faces.width}x{faces.height}: give masks of their size"
            )
        pasted = paste_back(
            frame,
            image,
            matrix,
            mask=mask,
            front=front,
            feather=options.feather,
            colour_match=options.colour_match,
        )
        host.progress(at + 1, total, lambda shown=pasted: shown.frame)
        yield pasted


def _frame_of(number: int, at: int, *, total: int, frames: int) -> int:
    """Which frame an image goes to: the only one, the one its face was cut from, or its own."""
    if frames == 1:
        return 0
    return at if frames == total else number


def _check_counts(counts: dict[str, int], total: int) -> None:
    if total == 0:
        raise InputError("there is no image to paste back")
    for name, count in counts.items():
        if count not in (1, total):
            raise InputError(f"{count} {name} cannot take {total} images: use 1 or {total}")


def _check_size(frame: ImageU8, image: Tensor, faces: AlignedFaces) -> None:
    height, width = frame.shape[:2]
    if (width, height) != (faces.width, faces.height):
        raise InputError(
            f"the faces were cut from frames of {faces.width}x{faces.height} pixels, these are "
            f"{width}x{height}: give the frames that went into the aligner"
        )
    if image.shape[-1] != image.shape[-2]:
        raise InputError(f"face images must be square, these are {list(image.shape[-2:])}")
