"""Between the host's IMAGE and MASK and what the core works with.

IMAGE is [N, H, W, 3 or 4] float in [0, 1]; MASK is [N, H, W] or [H, W].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..hyperreenact_core.errors import InputError
from ..hyperreenact_core.imaging import bhwc_from_tensor, tensor_from_bhwc, u8_from_tensor

if TYPE_CHECKING:
    from ..hyperreenact_core.choices import FaceChoice
    from ..hyperreenact_core.imaging import ImageU8
    from ..hyperreenact_core.reenact.detail.stage import Detailed
    from ..hyperreenact_core.reenact.faces import AlignedFaces


class Frames(Sequence[Any]):
    """An IMAGE as uint8 frames [H, W, 3], each made when it is asked for."""

    def __init__(self, image: Tensor, *, name: str) -> None:
        self._image = checked(image, name=name)

    def __len__(self) -> int:
        return len(self._image)

    def __getitem__(self, at: Any) -> Any:
        return u8_from_tensor(tensor_from_bhwc(self._image[at][None]))[0]


def checked(image: Any, *, name: str) -> Tensor:
    """An IMAGE that has pictures in it; InputError that names the input otherwise."""
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[-1] not in (3, 4):
        shape = list(image.shape) if isinstance(image, Tensor) else type(image).__name__
        raise InputError(f"{name} must be an IMAGE of 3 or 4 channels, it is {shape}")
    if 0 in image.shape:
        raise InputError(f"{name} is empty (0 pictures): give at least one")
    return image


def first_frame(image: Tensor, *, name: str) -> ImageU8:
    """The first picture of an IMAGE."""
    return Frames(image, name=name)[0]


def picture_of(image: Tensor, faces: AlignedFaces, index: int) -> ImageU8:
    """The picture that face number `index` was cut from: the only one, or that of its frame."""
    pictures, frame = Frames(image, name="picture"), faces.frame_at(index)
    if len(pictures) > 1 and frame >= len(pictures):
        raise InputError(
            f"picture holds {len(pictures)} pictures, the face was cut from number {frame} (from "
            "0): give the pictures that went into Align Face"
        )
    picture = pictures[frame if len(pictures) > 1 else 0]
    height, width = picture.shape[:2]
    if (width, height) != (faces.width, faces.height):
        raise InputError(
            f"the face was cut from a picture of {faces.width}x{faces.height} pixels, this one has "
            f"{width}x{height}: give the picture that went into Align Face"
        )
    return picture


def crops_of(image: Tensor, *, name: str) -> list[Tensor]:
    """An IMAGE as tensors [3, H, W] in [-1, 1]."""
    return list(tensor_from_bhwc(checked(image, name=name)))


def masks_of(mask: Tensor | None) -> list[Tensor] | None:
    """A MASK as tensors [H, W]."""
    if mask is None:
        return None
    return list(mask if mask.ndim == 3 else mask[None])


def image_of(batches: Iterable[Tensor], *, count: int) -> Tensor:
    """Batches [B, 3, H, W] in [-1, 1], `count` pictures in all -> IMAGE on the CPU."""
    return collected((bhwc_from_tensor(batch) for batch in batches), count=count)


def image_of_frames(frames: Iterable[ImageU8], *, count: int) -> Tensor:
    """uint8 frames [H, W, 3], `count` at most -> IMAGE on the CPU."""
    return collected((torch.from_numpy(frame)[None] / 255 for frame in frames), count=count)


def collected(batches: Iterable[Tensor], *, count: int) -> Tensor:
    """Join batches along their first axis, in memory that is taken once."""
    whole: Tensor | None = None
    done = 0
    for batch in batches:
        if whole is None:
            whole = torch.empty(count, *batch.shape[1:])
        whole[done : done + len(batch)] = batch
        done += len(batch)
    if whole is None:
        raise InputError("no frame is left: every frame was skipped for want of a face")
    # A view would hold the memory of skipped frames.
    return whole if done == count else whole[:done].clone()


def choice_of(face: str, number: int) -> FaceChoice:
    """Which face, as the core has it."""
    return number if face == "number" else face  # type: ignore[return-value]


def unzipped(pairs: Iterable[tuple[ImageU8, Tensor]], masks: list[Tensor]) -> Iterator[ImageU8]:
    """The frames of pairs as they come; the masks are put into the list."""
    for frame, mask in pairs:
        masks.append(mask)
        yield frame


def unpacked(batches: Iterable[Detailed], kept: list[float]) -> Iterator[Tensor]:
    """The pictures as they come; the shares that came from the source are put into the list."""
    for batch in batches:
        kept += batch.kept.tolist()
        yield batch.images


def kept_text(kept: Sequence[float]) -> str:
    """How much of the head came from the source, in one line for people."""
    mean, least = sum(kept) / len(kept), min(kept)
    return f"{mean:.0%} of the head came from the source, in frame {kept.index(least)} {least:.0%}"
