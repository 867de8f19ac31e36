"""Smooth crop boxes over a clip, so that the crop does not tremble with the landmarks."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from .align import CropBox

Payload = TypeVar("Payload")

_CUT_SHIFT = 1.0
"""A centre that jumps by this many half sides from one frame to the next is another shot."""

_CUT_SCALE = 1.6
"""So is a square that grows or shrinks by this factor."""


class BoxStabiliser(Generic[Payload]):
    """Gaussian average of centre and logarithm of size over `window` frames.

    The average looks as far ahead as back, so slow movements are followed without lag; boxes
    come out `window // 2` frames late, each with what was pushed along (such as its frame).
    It does not reach across a cut. Holds `window` boxes and half as many payloads.
    """

    def __init__(self, window: int) -> None:
        """window: frames, odd; 1 leaves the boxes as they are."""
        if window < 1 or window % 2 == 0:
            raise ValueError(f"the window must be odd and positive, got {window}")
        self._ahead = window // 2
        # At the ends of the window the weight has fallen to about a tenth.
        sigma = max(window / 4, 0.5)
        offsets = np.arange(window) - self._ahead
        self._weights = np.exp(-0.5 * (offsets / sigma) ** 2)
        self._boxes: deque[_Entry] = deque(maxlen=window)
        self._payloads: deque[Payload] = deque()
        self._shot = 0

    def push(self, box: CropBox, payload: Payload) -> Iterator[tuple[CropBox, Payload]]:
        """Add the next frame's box; yields the box (one at most) that is now smooth."""
        last = self._boxes[-1] if self._boxes else None
        if last is not None and _is_cut(last.values, _values(box)):
            self._shot += 1
        self._boxes.append(_Entry(_values(box), self._shot))
        self._payloads.append(payload)
        if len(self._payloads) > self._ahead:
            yield self._smooth(len(self._boxes) - 1 - self._ahead), self._payloads.popleft()

    def flush(self) -> Iterator[tuple[CropBox, Payload]]:
        """The boxes still held, after the last frame."""
        while self._payloads:
            yield self._smooth(len(self._boxes) - len(self._payloads)), self._payloads.popleft()

    def _smooth(self, at: int) -> CropBox:
        """The weighted straight-line fit around entry `at`, read off there.

        Inside a shot this is the plain weighted average; at its ends, where one side is missing,
        an average alone would lag behind a moving box.
        """
        shot = self._boxes[at].shot
        near = [
            (offset, box.values)
            for offset, box in enumerate(self._boxes, start=-at)
            if box.shot == shot and abs(offset) <= self._ahead
        ]
        offsets = np.array([offset for offset, _ in near])
        values = np.array([value for _, value in near])  # [n, 3]
        weights = self._weights[offsets + self._ahead]
        w, wo, woo = weights.sum(), (weights * offsets).sum(), (weights * offsets**2).sum()
        v, vo = weights @ values, (weights * offsets) @ values
        spread = w * woo - wo * wo
        cx, cy, log_half = v / w if spread < 1e-9 else (woo * v - wo * vo) / spread
        return CropBox(float(cx), float(cy), math.exp(log_half))


def jitter(boxes: Sequence[CropBox]) -> float:
    """Root mean square of the second difference of centre and size, in half sides.

    A box at rest or in even motion has 0; 0.01 is a visible tremble of one hundredth of the
    half side from frame to frame. Fewer than three boxes have 0.
    """
    if len(boxes) < 3:
        return 0.0
    values = np.array([_values(box) for box in boxes])
    second = np.diff(values, n=2, axis=0)
    second[:, :2] /= np.exp(values[1:-1, 2:])
    return float(np.sqrt((second**2).sum(axis=1).mean()))


@dataclass(frozen=True)
class _Entry:
    """A box as (cx, cy, log half) and the number of the shot it belongs to."""

    values: NDArray[np.float64]
    shot: int


def _values(box: CropBox) -> NDArray[np.float64]:
    return np.array([box.cx, box.cy, math.log(box.half)])


def _is_cut(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    half = math.exp(min(before[2], after[2]))
    shift = float(np.hypot(*(after[:2] - before[:2])))
    return shift > _CUT_SHIFT * half or abs(after[2] - before[2]) > math.log(_CUT_SCALE)
