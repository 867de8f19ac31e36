"""How steady results are over time, beside what drives them.

    python -m benchmarks.steadiness COMPARED.mp4 [...]

Takes videos with source, driving face and result side by side, as `hyperreenact reenact --compare`
writes them. Two numbers of a clip, in levels of 0 to 255, means of absolute values:

- change: from one frame to the next.
- tremble: of a frame and the mean of those before and after it. Smooth motion has little of it,
  flicker much.

The driving clip moves too, and its own noise counts: so a result is set against it. A softer
picture has less of both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hyperreenact_core.errors import InputError
from hyperreenact_core.video.reader import open_frames


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    lines = [
        "| clip | driving: change | tremble | result: change | tremble |",
        "| --- | --- | --- | --- | --- |",
    ]
    for path in parser.parse_args().clips:
        driving, result = (panel(path, number) for number in (1, 2))
        cells = [f"{value:.2f}" for clip in (driving, result) for value in unrest(clip)]
        lines.append(f"| {path.stem} | {' | '.join(cells)} |")
    sys.stdout.write("\n".join(lines) + "\n")


def panel(path: Path, number: int) -> NDArray[np.float32]:
    """One of three panels, counted from 0 -> [N, H, H, 3]; the gaps between them are equal."""
    pictures = list(open_frames(path))
    height, width = pictures[0].shape[:2]
    if width < 3 * height or len(pictures) < 3:
        raise InputError(f"{path}: three square panels in a row and 3 frames or more are needed")
    left = number * (height + (width - 3 * height) // 2)
    return np.stack([one[:, left : left + height] for one in pictures]).astype(np.float32)


def unrest(frames: NDArray[np.float32]) -> tuple[float, float]:
    """[N, ...] -> change and tremble."""
    change = np.abs(np.diff(frames, axis=0)).mean()
    tremble = np.abs(frames[1:-1] - (frames[:-2] + frames[2:]) / 2).mean()
    return float(change), float(tremble)


if __name__ == "__main__":
    main()
