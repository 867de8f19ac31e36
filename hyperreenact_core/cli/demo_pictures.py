"""Pictures of the demo: frames of its video and the contact sheet, with captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from ..imaging import ImageU8, u8_from_tensor
from ..reenact.compare import SideBySide, comparison
from ..reenact.results import ReenactedFrame
from ..reenact.source import SourceFace

SHOTS = 8
"""Frames of each clip on the contact sheet."""

_PANELS = SideBySide(256, (256,) * 3)
_CELLS = SideBySide(144, (144,) * (1 + SHOTS))
_CAPTION_HEIGHT, _LABEL_HEIGHT, _MARGIN = 36, 22, 12
_INK = (40, 40, 48)


@dataclass
class Story:
    """One clip of the demo, and what the sheet is going to show of it.

    moments: numbers of the frames for the sheet. driving, results: those frames, [H, W, 3].
    """

    caption: str
    source: SourceFace
    moments: frozenset[int]
    driving: list[ImageU8] = field(default_factory=list["ImageU8"])
    results: list[ImageU8] = field(default_factory=list["ImageU8"])

    @staticmethod
    def begin(caption: str, source: SourceFace, *, frames: int) -> Story:
        """A story of a clip of so many frames."""
        moments = np.linspace(0, frames - 1, SHOTS).round().astype(int)
        return Story(caption, source, frozenset(moments.tolist()))

    def tell(self, frame: ReenactedFrame) -> ImageU8:
        """The video's picture of one result."""
        panels = comparison(self.source, frame, paste_back=False)
        if frame.index in self.moments:
            self.driving.append(panels[1])
            self.results.append(panels[2])
        labels = _labels(_PANELS, ["source", "driving", "result"])
        return np.concatenate(
            [_caption(self.caption, width=_PANELS.width), labels, _PANELS.row(panels)]
        )


def video_size() -> tuple[int, int]:
    """(width, height) of the video's pictures."""
    return _PANELS.width, _CAPTION_HEIGHT + _LABEL_HEIGHT + _PANELS.height


def contact_sheet(stories: Sequence[Story]) -> ImageU8:
    """Stories below one another: the source beside driving frames, with their results below."""
    parts: list[ImageU8] = []
    for story in stories:
        face, code = u8_from_tensor(
            torch.stack([story.source.crop.image, story.source.reconstruction])
        )
        parts += [
            _caption(story.caption, width=_CELLS.width),
            _labels(_CELLS, ["source", "driving frames"]),
            _CELLS.row([face, *story.driving]),
            _labels(_CELLS, ["latent code alone", "results"]),
            _CELLS.row([code, *story.results]),
        ]
    sheet = np.concatenate(parts)
    return np.pad(sheet, ((0, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), constant_values=255)


def _caption(text: str, *, width: int) -> ImageU8:
    strip = np.full((_CAPTION_HEIGHT, width, 3), 255, np.uint8)
    return _written(strip, text, left=0, scale=0.6)


def _labels(layout: SideBySide, texts: Sequence[str]) -> ImageU8:
    """A strip with a word above each panel; the last may run on."""
    strip = np.full((_LABEL_HEIGHT, layout.width, 3), 255, np.uint8)
    for left, text in zip(layout.lefts, texts, strict=False):
        strip = _written(strip, text, left=left, scale=0.42)
    return strip


def _written(strip: ImageU8, text: str, *, left: int, scale: float) -> ImageU8:
    baseline = strip.shape[0] - 8
    cv2.putText(
        strip, text, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA
    )
    return strip
