"""How many faces the starter set's own detector misses, and how many it makes up.

    python -m benchmarks.detector WEIGHTS --held-out SHARDS
    python -m benchmarks.detector WEIGHTS --pictures FOLDER --faces 0

Scenes are composed of rendered heads; folders hold pictures and clips of your own, all with the
same number of faces (--faces), or with any (each file is then listed with what was found).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from hyperreenact_core.face.own_detect import OwnDetector, OwnDetectorConfig
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.cache import shared_network
from hyperreenact_core.networks.detector import SingleShotDetector
from hyperreenact_core.training.detector.faces import Face
from hyperreenact_core.training.detector.figures import draw_found, match
from hyperreenact_core.training.detector.scenes import SceneSettings, SceneStream
from hyperreenact_core.training.reader.shelf import Shelf
from hyperreenact_core.training.reader.stream import load_backgrounds
from hyperreenact_core.video.pictures import read_image
from hyperreenact_core.video.reader import open_frames
from hyperreenact_core.whole_files import whole_file

SIZES = (16, 24, 48, 96, 192, 420)
TILTS = (0, 15, 30, 45, 91)
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
CLIPS = (".mp4", ".webm", ".mov")


def main() -> None:
    args = _parser().parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    config = OwnDetectorConfig(sides=tuple(args.sides), threshold=args.threshold)
    detector = OwnDetector(_network(args.weights), config=config)
    if args.held_out is not None:
        sys.stdout.write(on_scenes(detector, args.held_out, args.scenes, args.backgrounds))
    for folder in args.pictures:
        sys.stdout.write(on_files(detector, folder, args.faces, args.frames, args.sheets))


def _network(weights: Path) -> SingleShotDetector:
    network = shared_network(weights, "detector")
    assert isinstance(network, SingleShotDetector)
    return network


def on_scenes(detector: OwnDetector, held: Path, count: int, backgrounds: Path) -> str:
    """Misses by size and tilt, and false faces, in scenes of 320 px."""
    settings = replace(SceneSettings(), size=320, sides=(0.05, 1.25))
    painted = load_backgrounds(backgrounds, count=200, seed=77)
    stream = SceneStream(Shelf([held]), painted, settings, seed=99)
    rng = np.random.default_rng(5)
    found: list[Face] = []
    missed: list[Face] = []
    false = empty = of_empty = 0
    for _ in range(count):
        scene = stream.scene(rng)
        matches = match(scene, detector.find(scene.picture))
        found += [face for face, _ in matches.found]
        missed += matches.missed
        false += len(matches.false)
        if not scene.faces and not scene.doubtful:
            empty, of_empty = empty + 1, of_empty + len(matches.false)
    lines = [f"{count} scenes, {len(found) + len(missed)} faces", "", "| side, px | missed |"]
    lines += ["| --- | --- |", *_classes(SIZES, _side, found, missed), "", "| tilt | missed |"]
    lines += ["| --- | --- |", *_classes(TILTS, _tilt, found, missed), ""]
    lines += [f"False faces: {false}; {of_empty} of them in the {empty} scenes without any.", ""]
    return "\n".join(lines) + "\n"


def _classes(
    bounds: Sequence[int],
    measure: Callable[[Face], float],
    found: Sequence[Face],
    missed: Sequence[Face],
) -> list[str]:
    rows: list[str] = []
    for low, high in pairwise(bounds):
        lost, got = (sum(low <= measure(f) < high for f in group) for group in (missed, found))
        rows.append(f"| {low} to {high} | {lost} of {lost + got} |")
    return rows


def _side(face: Face) -> float:
    return float(face.square[2])


def _tilt(face: Face) -> float:
    """How far the line from between the eyes to the mouth is from upright, degrees."""
    right, down = face.points[3:].mean(0) - face.points[:2].mean(0)
    return float(np.degrees(abs(np.arctan2(right, down))))


def on_files(
    detector: OwnDetector, folder: Path, faces: int | None, frames: int, sheets: Path | None
) -> str:
    """What is found in each file of a folder, and how often it is not the right number."""
    lines = [
        f"{folder}",
        "",
        "| file | px | found (score, side) | ms |",
        "| --- | --- | --- | --- |",
    ]
    wrong = total = 0
    for path in sorted(folder.iterdir()):
        counts: list[int] = []
        for number, picture in enumerate(_pictures(path, frames)):
            begun = time.process_time()
            finds = detector.find(picture)
            spent = 1000 * (time.process_time() - begun)
            counts.append(len(finds))
            if number == 0:
                told = " ".join(f"{find.score:.2f} {find.square[2]:.0f}px" for find in finds)
                size = f"{picture.shape[1]}x{picture.shape[0]}"
                lines.append(f"| {path.name} | {size} | {told} | {spent:.0f} |")
                if sheets is not None:
                    with whole_file(sheets / f"{path.name}.jpg") as part:
                        Image.fromarray(draw_found(picture.copy(), finds)).save(part)
        if len(counts) > 1:
            kinds = ", ".join(f"{counts.count(n)} with {n}" for n in sorted(set(counts)))
            lines.append(f"| {path.name}: {len(counts)} frames | | {kinds} | |")
        total += len(counts)
        wrong += sum(count != faces for count in counts)
    if faces is not None:
        lines += ["", f"{wrong} of {total} pictures do not show {faces} face(s)."]
    return "\n".join([*lines, "", ""])


def _pictures(path: Path, frames: int) -> Iterator[ImageU8]:
    if path.suffix.lower() in PICTURES:
        yield read_image(path)
    elif path.suffix.lower() in CLIPS:
        yield from islice(open_frames(path), frames)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--held-out", type=Path, help="shards of people not trained on")
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--backgrounds", type=Path, default=Path("out/backgrounds.npy"))
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders of files")
    parser.add_argument("--faces", type=int, help="so many are in every picture")
    parser.add_argument("--frames", type=int, default=90, help="of each clip")
    parser.add_argument("--sheets", type=Path, help="folder for the pictures with what was found")
    parser.add_argument("--sides", type=int, nargs="+", default=list(OwnDetectorConfig().sides))
    parser.add_argument("--threshold", type=float, default=OwnDetectorConfig().threshold)
    parser.add_argument("--threads", type=int, default=1)
    return parser


if __name__ == "__main__":
    main()
