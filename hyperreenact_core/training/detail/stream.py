"""Batches of pairs, or of windows of them, as the detail network and its losses need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from ...heads.parts import Label
from ...imaging import pixel_places, tensor_from_u8
from ...networks.detail_inputs import CoarseMaps, DetailInputs, recoloured
from ...networks.reader_regions import LEFT_EYE, LIDS, MOUTH, RIGHT_EYE
from ...reenact.detail.flow import HeadFlow
from ...reenact.detail.head_model import load_head_model
from ...reenact.detail.maps import coarse_maps
from ..reader.photometry import blur as blurred
from ..reader.photometry import codec, hue, noise, paint, saturation, tones
from ..reader.shelf import Shelf
from .geometry import ReadingErrors, coarse_of
from .guides import KINDS, SHARES, GuideKind, draw_guides
from .pairs import Pair, Pixels, SquareRange, View, read_pair, sample_square
from .teeth import whitened

Floats = NDArray[np.float32]

_STREAM = 0xDE7A
"""Keeps the random numbers of pairs apart from those of other uses of the same seed."""
_BOTH = ((0.6, tones), (0.25, saturation), (0.12, hue), (0.06, paint), (0.12, blurred))
"""What befalls source and result alike, and by what chance."""
_SOURCE = ((0.35, noise), (0.35, codec))
"""What befalls the source as the network sees it; the pixels that are carried stay clean, so that
nothing is won by painting them anew."""
_TEETH = (0.9, 1.25)
"""How light teeth are, over what is usual."""
_SLACK = (30.0, 65.0)
"""Pairs that differ by a larger turn (in degrees) than a number drawn from these are left out."""
_FINE = 5.0
"""Weight of lids, eyes and mouth."""
_HEAD = 1.5


@dataclass(frozen=True)
class StreamSettings:
    """size: of the squares. window, windows: side of the windows, and how many of each pair.
    whole_every: every so many batches are whole squares. understated: share of guides that show
    less of the change of expression than the result does, by a factor from gain."""

    size: int = 256
    window: int = 160
    windows: int = 2
    whole_every: int = 4
    understated: float = 0.3
    gain: tuple[float, float] = (0.3, 0.9)
    square: SquareRange = field(default_factory=SquareRange)
    errors: ReadingErrors = field(default_factory=ReadingErrors)


@dataclass(frozen=True)
class Batch:
    """Windows and what is true of them; [B, ..., w, w] unless stated.

    inputs: of the window. carried: [B, 3, S, S] the whole clean source; places: [B, 2, ...] of the
    window's pixels in it, -1..1 over S. still: the window of it. target: the result. offset: true
    flow to the source, as in CoarseMaps. seen: [B, 1, ...] the source shows it. shows: [B, 1, ...]
    heads.parts.Label. fine: [B, 1, ...] how much a pixel counts.
    """

    inputs: DetailInputs
    carried: Tensor
    places: Tensor
    still: Tensor
    target: Tensor
    offset: Tensor
    seen: Tensor
    shows: Tensor
    fine: Tensor


class Stream:
    """Random batches; the same seed, number and shelf give the same batch."""

    def __init__(self, shelf: Shelf, settings: StreamSettings, *, seed: int) -> None:
        self.shelf, self.settings, self._seed = shelf, settings, seed

    def batch(self, number: int, size: int) -> Batch:
        """The batch of this number, of about `size` windows or fewer squares."""
        s = self.settings
        rng = np.random.default_rng([_STREAM, self._seed, number])
        if number % s.whole_every == 0:
            count = max(1, round(size * (s.window / s.size) ** 2))
            return joined([self.sample(rng) for _ in range(count)])
        found: list[Batch] = []
        for _ in range(max(1, size // s.windows)):
            whole = self.sample(rng)
            found += [window(whole, rng, s.window) for _ in range(s.windows)]
        return joined(found)

    def sample(self, rng: Generator) -> Batch:
        """A random pair, whole."""
        s = self.settings
        index = self._index(rng)
        source = self.shelf.values(self.shelf.partner(index))
        square = sample_square(rng, source["points"], s.square, len(source["images"]))
        pair = _alike(read_pair(self.shelf, index, square, s.size), rng)
        kind = KINDS[rng.choice(len(KINDS), p=SHARES)]
        return example(pair, rng, s, kind=kind, disturbed=True)

    def _index(self, rng: Generator) -> int:
        while True:
            index = int(rng.integers(len(self.shelf)))
            if self.shelf.turn_deg(index) < rng.uniform(*_SLACK):
                return index


def example(
    pair: Pair, rng: Generator, settings: StreamSettings, *, kind: GuideKind, disturbed: bool
) -> Batch:
    """A pair as a batch of one."""
    size = len(pair.source.picture)
    gain = 1.0
    if disturbed and rng.random() < settings.understated:
        gain = float(rng.uniform(*settings.gain))
    model, errors = load_head_model(), settings.errors
    coarse = coarse_of(model, pair, rng, errors, size=size, gain=gain)
    guides = draw_guides(pair, (coarse.guide, coarse.source), kind, rng)
    shown = guides.result
    if gain != 1 and kind in ("soft", "crude"):  # the other kinds show it already
        shown = _moved(shown, coarse.guide_flow)
    seen = pair.source.picture
    for share, change in _SOURCE if disturbed else ():
        if rng.random() < share:
            seen = change(seen, rng)
    moved, guide_moved = (_moved(picture, coarse.flow) for picture in (seen, guides.source))
    still, guide = _picture(pair.source.picture), _picture(shown)
    maps = coarse_maps([coarse.flow], [coarse.result])
    inputs = DetailInputs(
        source=_picture(seen),
        moved=_picture(moved),
        guide=guide,
        guide_moved=_picture(guide_moved),
        draft=recoloured(guide, _picture(guide_moved), _picture(moved), maps),
        maps=maps,
    )
    return Batch(
        inputs=inputs,
        carried=still,
        places=pixel_places(size, size, like=still),
        still=still,
        target=_picture(pair.result.picture),
        offset=_maps(pair.flow * np.float32(2 / size)),
        seen=_maps(pair.seen[..., None]),
        shows=_maps(pair.result.shows[..., None]),
        fine=_maps(_fine(pair.result)[..., None]),
    )


def window(whole: Batch, rng: Generator, side: int) -> Batch:
    """A window of a batch of one: mostly of eyes, mouth, edges of the head and hidden parts."""
    size = whole.target.shape[-1]
    x, y = _interesting(whole, rng)
    left, top = (int(np.clip(v - side // 2, 0, size - side)) // 2 * 2 for v in (x, y))

    def cut(value: Tensor) -> Tensor:
        return value[..., top : top + side, left : left + side]

    values = {f.name: getattr(whole, f.name) for f in fields(Batch)}
    inputs = whole.inputs
    pictures = {n: cut(v) for n, v in vars(inputs).items() if n != "maps"}
    maps = CoarseMaps(**{n: cut(v) for n, v in vars(inputs.maps).items()})
    rest = {n: cut(v) for n, v in values.items() if n not in ("inputs", "carried")}
    return Batch(inputs=DetailInputs(**pictures, maps=maps), carried=whole.carried, **rest)


def joined(parts: Sequence[Batch]) -> Batch:
    """One batch of several."""

    def cat(values: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(values))

    first = parts[0].inputs
    maps = {n: cat([getattr(p.inputs.maps, n) for p in parts]) for n in vars(first.maps)}
    pictures = {n: cat([getattr(p.inputs, n) for p in parts]) for n in vars(first) if n != "maps"}
    names = [f.name for f in fields(Batch) if f.name != "inputs"]
    rest = {n: cat([getattr(p, n) for p in parts]) for n in names}
    return Batch(inputs=DetailInputs(**pictures, maps=CoarseMaps(**maps)), **rest)


def _alike(pair: Pair, rng: Generator) -> Pair:
    """Both pictures under the same light and camera, and with the same teeth."""
    brightness = float(rng.uniform(*_TEETH))
    pictures = [whitened(view, brightness) for view in (pair.source, pair.result)]
    for share, change in _BOTH:
        seed = int(rng.integers(2**32))
        if rng.random() < share:
            pictures = [change(picture, np.random.default_rng(seed)) for picture in pictures]
    views = (pair.source, pair.result)
    source, result = (
        View(picture, view.shows, view.labels)
        for picture, view in zip(pictures, views, strict=True)
    )
    return Pair(source, result, pair.flow, pair.seen)


def _moved(picture: Pixels, flow: HeadFlow) -> Pixels:
    """The picture through a flow."""
    size = len(picture)
    offset = np.asarray(cv2.resize(flow.offset, (size, size)), np.float32)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = columns + offset[..., 0], rows + offset[..., 1]
    moved = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _fine(view: View) -> Floats:
    """[S, S] how much each pixel of the result counts."""
    size = len(view.picture)
    marked = np.zeros((size, size), np.uint8)
    points = view.points_px()
    for group, least in ((LEFT_EYE[:LIDS], 0.1), (RIGHT_EYE[:LIDS], 0.1), (MOUTH, 0.05)):
        if view.labels.visible[list(group)].mean() < 0.4:
            continue
        hull = cv2.convexHull(points[list(group)].astype(np.float32))
        width = float(np.ptp(hull[:, 0, 0]))
        cv2.fillConvexPoly(marked, np.round(hull).astype(np.int32), 1)
        reach = 2 * int(np.ceil(least * width)) + 1
        marked = np.asarray(cv2.dilate(marked, np.ones((reach, reach), np.uint8)), np.uint8)
    marked |= np.isin(view.shows, (Label.EYES, Label.MOUTH)).astype(np.uint8)
    marked[view.shows > Label.HAIR] = 0
    weight = np.where(marked > 0, np.float32(_FINE), np.where(view.shows > 0, _HEAD, 1.0))
    return weight.astype(np.float32)


def _interesting(whole: Batch, rng: Generator) -> tuple[int, int]:
    """A pixel xy to look at."""
    size = whole.target.shape[-1]
    kind = rng.random()
    if kind < 0.4:
        wanted = whole.fine[0, 0] >= _FINE
    elif kind < 0.7:
        wanted = whole.seen[0, 0] == 0
    elif kind < 0.85:
        wanted = whole.shows[0, 0] == int(Label.HAIR)
    else:
        wanted = torch.ones(size, size, dtype=torch.bool)
    found = np.flatnonzero(wanted.numpy())
    at = int(rng.choice(found)) if len(found) else int(rng.integers(size * size))
    return at % size, at // size


def _picture(picture: Pixels) -> Tensor:
    return tensor_from_u8(picture)


def _maps(values: NDArray[np.generic]) -> Tensor:
    """[S, S, C] -> [1, C, S, S]."""
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32))
