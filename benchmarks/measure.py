"""Measure one path in one number format; a process of its own, so that its memory is its own.

    python -m benchmarks.measure fast --set FOLDER --inputs FILE --dtype bf16 --batch 1 8 ...

Writes the figures to stdout as JSON and the drawn pictures to --images.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from benchmarks.inputs import Inputs
from benchmarks.paths import EXTRA, PATHS, Stopwatch
from hyperreenact_core.host import DTYPES, LocalHost
from hyperreenact_core.models.sets import LoadedSet

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def main() -> None:
    args = _parser().parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    host = LocalHost(device=args.device, dtype=DTYPES[args.dtype])
    with torch.inference_mode():
        figures = measure(args, host)
    sys.stdout.write(json.dumps(figures) + "\n")


def measure(args: argparse.Namespace, host: LocalHost) -> dict[str, Any]:
    """Milliseconds are medians over the runs, per frame where frames are drawn; bytes elsewhere."""
    memory = Memory(host.device)
    inputs = Inputs.load(args.inputs)
    inputs = Inputs(**{name: value.to(host.device) for name, value in vars(inputs).items()})
    path = PATHS[args.path](LoadedSet(args.set), host)
    figures: dict[str, Any] = {
        "threads": torch.get_num_threads(),
        "base": memory.base,
        "weights": weight_bytes(path.networks),
        "peak_loading": memory.peak(),
        "batches": {},
    }

    def watch() -> Stopwatch:
        return Stopwatch(host.device, CLOCKS[args.clock])

    watches = [watch() for _ in range(2)]
    for each in watches:  # the first one is cold
        path.prepare(inputs, each)
    figures["source"] = _milliseconds(watches[1:], frames=1)
    figures["peak_source"] = memory.peak()
    for batch in args.batch:
        faces = inputs.driving_faces[:batch]
        path.draw(faces, watch())  # warms up
        watches = [watch() for _ in range(args.runs)]
        for each in watches:
            images = path.draw(faces, each)
        figures["batches"][str(batch)] = {
            "stages": _milliseconds(watches, frames=batch),
            "peak": memory.peak(),
        }
    save_file({"images": images.float().cpu().contiguous()}, args.images)
    return figures


def weight_bytes(networks: list[nn.Module]) -> int:
    """Of all parameters and buffers, each counted once."""
    tensors = {
        id(tensor): tensor
        for network in networks
        for tensor in (*network.parameters(), *network.buffers())
    }
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


class Memory:
    """Peak memory since the last question: of the device, or of the process on a CPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.base = self.peak()
        """What interpreter and libraries take before anything is loaded."""

    def peak(self) -> int:
        if self._device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            return peak
        status = Path("/proc/self/status")
        if not status.is_file():  # then it is the peak since the start
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        lines = status.read_text(encoding="ascii").splitlines()
        peak = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return peak


def _milliseconds(watches: list[Stopwatch], *, frames: int) -> dict[str, float]:
    """Median of each stage and of their sum, a frame."""
    stages = {name: median(watch.seconds[name] for watch in watches) for name in watches[0].seconds}
    stages["total"] = median(
        sum(taken for name, taken in watch.seconds.items() if name not in EXTRA)
        for watch in watches
    )
    return {name: 1000 * seconds / frames for name, seconds in stages.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="measure one path")
    parser.add_argument("path", choices=PATHS)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--dtype", choices=DTYPES, default="fp32")
    parser.add_argument("--batch", type=int, nargs="+", required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--threads", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
