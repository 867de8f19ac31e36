"""Options that say where the work is done, and the pool they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from ..errors import InputError
from . import numbers
from .common import note

if TYPE_CHECKING:
    from ..batch.pool import Item, Pool, Result, Start
    from ..host import Spread
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


def add_engine_options(options: Options) -> None:
    """--engine for work on this machine or a cluster, and what a cluster needs to know."""
    options.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes of this machine, or a Ray cluster (the extra `ray`) whose machines find "
        "the same files under the same names (default: %(default)s)",
    )
    add_ray_options(options)


def spread_of(args: argparse.Namespace) -> Spread | None:
    """What spreads work over the cluster that --engine names; None for this machine."""
    if args.engine == "local":
        return None

    def spread(start: Start[Item, Result], items: Sequence[Item]) -> Generator[Result, None, None]:
        from ..batch.pool import in_order

        if not items:
            return
        pool = open_pool(args, start, args.workers)
        try:
            yield from in_order(pool, items, tell=note)
        finally:
            pool.close()

    return spread


def open_pool(
    args: argparse.Namespace, start: Start[Item, Result], workers: int
) -> Pool[Item, Result]:
    """The workers that --engine names; workers: 0 is this process where that can be."""
    from ..batch.engines.local import InProcess, Processes

    if args.engine == "ray":
        from ..batch.engines.ray_cluster import on_cluster

        if workers < 1:
            raise InputError("--engine ray needs workers: give --workers 1 or more")
        return on_cluster(
            start,
            workers,
            address=args.address,
            cpus=args.cpus_per_worker,
            gpus=args.gpus_per_worker,
            tell=note,
        )
    return Processes(start, workers) if workers else InProcess(start)
