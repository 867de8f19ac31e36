"""How well detail is carried over rendered people that no training has seen, by the turn between.

    python -m benchmarks.detail WEIGHTS --held-out SHARDS [--features WEIGHTS] [--pictures FOLDER]

The result is compared with what the renderer drew, beside two others: the source moved by the
coarse flow alone, and by the true flow, which nothing could better. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hyperreenact_core.imaging import u8_from_tensor
from hyperreenact_core.models.cache import shared_network
from hyperreenact_core.networks.detail import DetailNetwork
from hyperreenact_core.networks.efficientnet_lite import BodyConfig, body_from_published
from hyperreenact_core.training.detail.figures import pictures_of, plain_pair, psnr
from hyperreenact_core.training.detail.losses import Features
from hyperreenact_core.training.detail.pairs import pair_shelf
from hyperreenact_core.training.detail.stream import Batch, StreamSettings
from hyperreenact_core.training.reader.learner import read_weights
from hyperreenact_core.training.reader.shelf import Shelf
from hyperreenact_core.video.stills import write_image

TURNS_DEG = (0, 5, 15, 30, 60)
WAYS = {"coarse": "coarse flow", "result": "detail", "true": "true flow"}
FINE = 2.0
"""Pixels that count more than this in training are lids, eyes and mouth."""


@dataclass(frozen=True)
class Scores:
    """Of one way. psnr, fine: dB, over everything and over lids and mouth. unlike: None without
    features."""

    psnr: float
    fine: float
    unlike: float | None


def main() -> None:
    args = _parser().parse_args()
    torch.set_num_threads(args.threads)
    network = shared_network(args.weights, "detail")
    assert isinstance(network, DetailNetwork)
    features = None if args.features is None else _features(args.features)
    shelf = pair_shelf([args.held_out])
    found: dict[tuple[int, int], list[dict[str, Scores]]] = {}
    for turns, index in _chosen(shelf, args.pairs):
        batch = plain_pair(shelf, index, StreamSettings(), kind="drawn")
        found.setdefault(turns, []).append(measured(network, batch, features))
        if args.pictures is not None:
            _keep(network, batch, args.pictures / f"{turns[0]:02d}-{index:05d}")
    sys.stdout.write(table(found))


def _features(weights: Path) -> Features:
    features = Features().eval()
    known = body_from_published(read_weights(weights), BodyConfig())
    features.body.load_state_dict({name: known[name] for name in features.body.state_dict()})
    return features


def _chosen(shelf: Shelf, count: int) -> Iterator[tuple[tuple[int, int], int]]:
    """About `count` pairs, as many of every range of turns, evenly over the shelf."""
    turns = np.array([shelf.turn_deg(index) for index in range(len(shelf))])
    bins = list(pairwise(TURNS_DEG))
    for low, high in bins:
        fair = np.flatnonzero((turns >= low) & (turns < high))
        few = min(len(fair), count // len(bins))
        for at in np.linspace(0, len(fair) - 1, few).astype(int):
            yield (low, high), int(fair[at])


@torch.inference_mode()
def measured(network: DetailNetwork, batch: Batch, features: Features | None) -> dict[str, Scores]:
    """The scores of every way of making a held-out picture."""
    pictures = pictures_of(network(batch.inputs), batch)
    every, fine = torch.ones_like(batch.fine) > 0, batch.fine > FINE
    return {
        way: Scores(
            psnr(pictures[way], batch.target, every),
            psnr(pictures[way], batch.target, fine),
            None if features is None else _unlike(features, pictures[way], batch.target),
        )
        for way in WAYS
    }


def _unlike(features: Features, picture: Tensor, target: Tensor) -> float:
    """Mean distance of unit features of ImageNet's network, in the manner of LPIPS (Zhang et al.,
    CVPR 2018) without its learned weights."""
    apart = [
        (_unit(mine) - _unit(theirs)).square().sum(1).mean()
        for mine, theirs in zip(features(picture), features(target), strict=True)
    ]
    return float(torch.stack(apart).mean())


def _unit(maps: Tensor) -> Tensor:
    return torch.nn.functional.normalize(maps.float(), dim=1)


@torch.inference_mode()
def _keep(network: DetailNetwork, batch: Batch, folder: Path) -> None:
    """Write source, truth and results, for judges of one's own."""
    pictures = pictures_of(network(batch.inputs), batch)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"source": batch.still, "truth": batch.target} | {w: pictures[w] for w in WAYS}
    for name, picture in wanted.items():
        write_image(folder / f"{name}.png", u8_from_tensor(picture)[0])


def table(found: dict[tuple[int, int], list[dict[str, Scores]]]) -> str:
    """A row for every range of turns and way."""
    lines = ["| turn | pairs | | PSNR, dB | lids and mouth, dB | unlike |", "| --- " * 6 + "|"]
    every = [scores for some in found.values() for scores in some]
    rows = {f"{low} to {high}": some for (low, high), some in found.items()} | {"all": every}
    for turns, some in rows.items():
        for way, name in WAYS.items():
            mean = [_mean(some, way, what) for what in ("psnr", "fine", "unlike")]
            cells = f"{mean[0]:.2f} | {mean[1]:.2f} | {mean[2]:.4f}"
            lines.append(f"| {turns} | {len(some)} | {name} | {cells} |")
    return "\n".join(lines) + "\n"


def _mean(some: list[dict[str, Scores]], way: str, what: str) -> float:
    values = [getattr(scores[way], what) for scores in some]
    return float(np.nanmean([np.nan if value is None else value for value in values]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="how well detail is carried")
    parser.add_argument("weights", type=Path)
    parser.add_argument("--held-out", type=Path, required=True, metavar="SHARDS")
    parser.add_argument("--pairs", type=int, default=200, help="about so many (%(default)s)")
    parser.add_argument("--features", type=Path, help="weights of EfficientNet-Lite0")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="keep the pictures here")
    parser.add_argument("--threads", type=int, default=1)
    return parser


if __name__ == "__main__":
    main()
