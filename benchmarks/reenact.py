"""Speed and memory of the reference path and the fast path, side by side.

    python -m benchmarks.reenact --weights filled-256

See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.filled import filled_set
from benchmarks.inputs import FRAMES, make_inputs
from benchmarks.measure import CLOCKS
from benchmarks.tables import report
from hyperreenact_core.choices import PRECISIONS
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.store import locate
from hyperreenact_core.whole_files import write_whole

ROOT = Path(__file__).parents[1]


def main() -> None:
    args = _parser().parse_args()
    folder = filled_set(args.cache) if args.weights == "filled-256" else locate("starter")
    figures = run(args, LoadedSet(folder))
    sys.stdout.write(report(figures))
    if args.json is not None:
        write_whole(args.json, (json.dumps(figures, indent=1) + "\n").encode())


def run(args: argparse.Namespace, models: LoadedSet) -> dict[str, Any]:
    """Figures of the reference path and of the fast path in every number format."""
    jobs = [("reference", "fp32"), *(("fast", dtype) for dtype in args.dtype)]
    figures: dict[str, Any] = {
        "weights": args.weights,
        "device": _device_name(args.device),
        "torch": torch.__version__,
        "runs": args.runs,
        "clock": args.clock,
        "paths": {},
    }
    with TemporaryDirectory() as scratch:
        inputs = Path(scratch) / "inputs.safetensors"
        make_inputs(models).save(inputs)
        drawn: dict[str, Tensor] = {}
        for path, dtype in jobs:
            images = Path(scratch) / f"{path}-{dtype}.safetensors"
            # The program this is held against draws one frame at a time: its last batch serves to
            # compare the pictures.
            batches = [1, max(args.batch)] if path == "reference" else args.batch
            command = [sys.executable, "-m", "benchmarks.measure", path]
            command += ["--set", models.folder, "--inputs", inputs, "--images", images]
            command += ["--dtype", dtype, "--device", args.device, "--threads", args.threads]
            command += ["--clock", args.clock]
            command += ["--runs", 1 + args.runs // 2 if path == "reference" else args.runs]
            command += ["--batch", *batches]
            done = subprocess.run(
                [str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, check=True
            )
            name = f"{path} {dtype}"
            figures["paths"][name] = json.loads(done.stdout)
            drawn[name] = load_file(images)["images"]
    expected = drawn["reference fp32"]
    for name, images in drawn.items():
        figures["paths"][name]["error"] = _errors(images, expected)
    return figures


def _errors(images: Tensor, expected: Tensor) -> dict[str, float]:
    """Largest deviation over the range of the images, and relative deviation in the mean."""
    difference, reach = images - expected, expected.amax() - expected.amin()
    return {
        "largest": float(difference.abs().amax() / reach),
        "relative": float(difference.norm() / expected.norm()),
    }


def _device_name(device: str) -> str:
    if device != "cpu":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reenact",
        description="speed and memory of the reference path and the fast path, side by side",
    )
    parser.add_argument(
        "--weights",
        choices=("starter", "filled-256"),
        default="starter",
        help="the bundled set, or one of the published sizes with made weights",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=ROOT / "out" / "filled-256",
        metavar="DIR",
        help="where the made weights (2.4 GB) are kept for the next time (default: out/filled-256)",
    )
    parser.add_argument(
        "--batch",
        type=int,
        nargs="+",
        default=[1, 2, 4, 8, 16],
        metavar="N",
        choices=range(1, FRAMES + 1),
        help="frames drawn at once, 1 to 16",
    )
    parser.add_argument("--dtype", choices=PRECISIONS, nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument(
        "--threads", type=int, default=0, help="of the CPU; 0 leaves it to PyTorch (default)"
    )
    parser.add_argument(
        "--clock",
        choices=CLOCKS,
        default="wall",
        help="cpu: the time the processes work, for a busy machine and one thread (default: wall)",
    )
    parser.add_argument("--runs", type=int, default=7, help="medians are over so many")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    return parser


if __name__ == "__main__":
    main()
