"""How well detail is carried over people never seen in training: figures and a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...heads.expression import ACTIONS
from ...heads.parts import Label
from ...imaging import ImageU8, displace, tile, u8_from_tensor
from ...networks.detail import DetailNetwork, DetailPlan, compose
from ..reader.shelf import Shelf
from .guides import KINDS, SHARES, GuideKind
from .losses import shown
from .pairs import read_pair, square_about
from .stream import Batch, StreamSettings, example

_SEED = 0x5EE4
_LIDS = [ACTIONS.index("eyeBlinkLeft"), ACTIONS.index("eyeBlinkRight")]
_JAW = ACTIONS.index("jawOpen")
_MOST_TURN_DEG, _STILL_DEG = 45.0, 3.0
_HEAD = (Label.SKIN, Label.FACE, Label.EYES, Label.MOUTH, Label.HAIR)
_PARTS = ("all", "fine", "hidden")


@dataclass(frozen=True)
class HeldOut:
    """Whole pairs that are never trained on: for figures, and for the sheet."""

    measured: Sequence[Batch]
    shown: Sequence[Batch]


def held_out(shelf: Shelf, settings: StreamSettings, *, count: int) -> HeldOut:
    """`count` pairs spread evenly over the shelf, half of them still, and those worth a look."""
    turns = np.array([shelf.turn_deg(index) for index in range(len(shelf))])
    fair = np.flatnonzero(turns < _MOST_TURN_DEG)
    chosen = fair[np.linspace(0, len(fair) - 1, min(count, len(fair))).astype(int)]
    rng = np.random.default_rng(_SEED)
    kinds = [KINDS[i] for i in rng.choice(len(KINDS), size=len(chosen), p=SHARES)]
    measured = [
        plain_pair(shelf, int(index), settings, kind=kind)
        for index, kind in zip(chosen, kinds, strict=True)
    ]
    picked = zip(telling(shelf, turns), ("crude", "soft") * 8, strict=False)
    return HeldOut(measured, [plain_pair(shelf, i, settings, kind=kind) for i, kind in picked])


def telling(shelf: Shelf, turns: NDArray[np.float64]) -> list[int]:
    """Two pairs each: turned by about 25 degrees, another expression alone, a blink, a mouth
    that opens, and a mouth that shuts; of bare faces that are seen."""
    face = shelf.label("expression").astype(np.float64)
    partner = np.array([shelf.partner(index) for index in range(len(shelf))])
    change = face - face[partner]
    seen = shelf.label("visible").mean(1)
    bare = np.minimum(seen, seen[partner])
    still = turns < _STILL_DEG
    lids = change[:, _LIDS].min(1)
    scores = (
        -np.abs(turns - 25) / 25,
        np.where(still, np.abs(change).sum(1) / 10, -9.0),
        np.where(still, lids, -9.0),
        np.where(turns < 15, change[:, _JAW], -9.0),
        np.where(turns < 15, -change[:, _JAW], -9.0),
    )
    people = np.array(shelf.identities())
    found: list[int] = []
    for score in scores:
        order = np.argsort(-(score + bare), kind="stable")
        others = [int(i) for i in order if people[i] not in people[found]]
        found += others[:1] + [i for i in others if people[i] != people[others[0]]][:1]
    return found


def plain_pair(shelf: Shelf, index: int, settings: StreamSettings, *, kind: GuideKind) -> Batch:
    """A pair as it is, in the square that the product would cut."""
    source = shelf.values(shelf.partner(index))
    square = square_about(source["points"], len(source["images"]))
    rng = np.random.default_rng([_SEED, index])
    return example(
        read_pair(shelf, index, square, settings.size), rng, settings, kind=kind, disturbed=False
    )


@torch.inference_mode()
def figures(network: DetailNetwork, data: HeldOut) -> dict[str, float]:
    """PSNR of pictures in dB, over everything, lids and mouth, and what the source does not show;
    errors of the flow in pixels on the visible head; how far the background is from still."""
    network.eval()
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        if np.isfinite(value):
            found.setdefault(name, []).append(value)

    for batch in data.measured:
        plan = network(batch.inputs)
        parts = dict(zip(_PARTS, _masks(batch), strict=True))
        for name, picture in pictures_of(plan, batch).items():
            for part, mask in parts.items():
                note(f"psnr_{part}_{name}", psnr(picture, batch.target, mask))
        pixels = batch.target.shape[-1] / 2
        head = (shown(batch, _HEAD) * batch.seen)[:, 0] > 0
        for name, offset in (
            ("coarse", batch.inputs.maps.offset),
            ("result", plan.offset),
        ):
            off = (offset - batch.offset).norm(dim=1) * pixels
            fine = head & (batch.fine[:, 0] > 2)
            note(f"flow_{name}", float(off[head].median()))
            note(f"flow_fine_{name}", float(off[fine].mean()) if fine.any() else np.nan)
        still = (shown(batch, (Label.BACKGROUND,)) * batch.seen)[:, 0] > 0
        kept = (compose(batch.still, plan) == batch.still).all(1)
        note("still", float(kept[still].float().mean()) if still.any() else np.nan)
    return {name: float(np.mean(values)) for name, values in found.items()}


def pictures_of(plan: DetailPlan, batch: Batch) -> dict[str, Tensor]:
    """What a plan makes of the clean source, "result", and what others make of it, by name."""
    coarse = batch.inputs.maps.offset
    true = displace(batch.still, batch.offset)
    return {
        "unmoved": batch.still,
        "coarse": displace(batch.still, coarse),
        "guide": batch.inputs.guide,
        "draft": batch.inputs.draft,
        "result": compose(batch.still, plan),
        "true": torch.where(batch.seen > 0, true, batch.target),
    }


def _masks(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    every = torch.ones_like(batch.seen)
    return every > 0, batch.fine > 2, batch.seen == 0


def psnr(picture: Tensor, target: Tensor, mask: Tensor) -> float:
    """In dB, of 8 bits, at best 50; nan where nothing is masked in."""
    if int(mask.sum()) < 20:
        return float("nan")
    off = (picture.clamp(-1, 1) - target).square().mean(1, keepdim=True)[mask].mean() / 4
    return min(50.0, float(-10 * off.clamp_min(1e-9).log10()))


@torch.inference_mode()
def sheet(network: DetailNetwork, data: HeldOut) -> ImageU8:
    """A row a pair: source, moved by the coarse flow, guide, what is painted, result, truth, and
    the layers as red (moved), green (unmoved) and blue (painted)."""
    network.eval()
    rows: list[list[ImageU8]] = []
    for batch in data.shown:
        plan = network(batch.inputs)
        pictures = pictures_of(plan, batch)
        row = [batch.still, pictures["coarse"], pictures["guide"], plan.painted]
        row += [pictures["result"], batch.target, plan.weights * 2 - 1]
        rows.append([u8_from_tensor(picture)[0] for picture in row])
    return tile(rows)
