"""Options that say where the work is done, and the pool they ask for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import InputError
from . import numbers
from .common import note

if TYPE_CHECKING:
    from ..batch.pool import Item, Pool, Result, Start
    from .common import Options


def add_ray_options(options: Options) -> None:
    """--address and --gpus-per-worker."""
    options.add_argument(
        "--address",
        default="auto",
        metavar="HOST:PORT",
        help="with --engine ray: of the cluster's head; auto: the cluster this machine belongs to "
        "(default: %(default)s)",
    )
    options.add_argument(
        "--cpus-per-worker", type=numbers.amount, default=1.0, metavar="N", help=argparse.SUPPRESS
    )
    options.add_argument(
        "--gpus-per-worker",
        type=numbers.amount,
        default=0.0,
        metavar="X",
        help="with --engine ray: share of a GPU that each worker reserves, such as 0.5 "
        "(default: none)",
    )


def open_pool(
    args: argparse.Namespace, start: Start[Item, Result], workers: int
) -> Pool[Item, Result]:
    """The workers that --engine names; workers: 0 is this process where that can be."""
    from ..batch.engines.local import InProcess, Processes

    if args.engine == "ray":
        from ..batch.engines.ray_cluster import RayPool

        if workers < 1:
            raise InputError("--engine ray needs workers: give --workers 1 or more")
        return RayPool(
            start,
            workers,
            address=args.address,
            cpus=args.cpus_per_worker,
            gpus=args.gpus_per_worker,
            tell=note,
        )
    return Processes(start, workers) if workers else InProcess(start)
