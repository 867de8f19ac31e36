"""`hyperreenact render sheet` and `render balance`: what the heads look like, and who they are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..errors import InputError
from .common import progress_bar, say
from .render_heads import background_pictures, studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..heads.sheets import Cell

SHEETS = ("people", "performances", "actions", "light")


def run_sheet(args: argparse.Namespace) -> int:
    """Write a PNG of many small pictures."""
    from ..heads import sheets
    from ..heads.expression import ACTIONS
    from ..video.stills import write_image

    pictures = background_pictures(args)
    if pictures and args.what != "people":
        raise InputError(f"--backgrounds is for `sheet people` alone, {args.what} have a plain one")
    stage, wardrobe = studio(args)
    person, count, seed = args.identity, args.count, args.seed
    if args.what == "people":
        cells = sheets.people_cells(
            stage, wardrobe, first=person, count=count, seed=seed, pictures=pictures
        )
    elif args.what == "performances":
        cells = sheets.performance_cells(stage, wardrobe, person=person, count=count, seed=seed)
    elif args.what == "actions":
        cells, count = sheets.action_cells(stage, wardrobe, person=person), len(ACTIONS) + 1
    else:
        cells = sheets.light_cells(stage, wardrobe, person=person, count=count, seed=seed)
    # Wider than high, as screens are.
    columns = args.columns or max(1, round((count * 1.5) ** 0.5))
    write_image(args.out, sheets.contact_sheet(_counted(cells, count), columns=columns))
    say(str(args.out))
    return 0


def run_balance(args: argparse.Namespace) -> int:
    """Print a table of who is drawn how often."""
    import numpy as np

    from ..heads import balance
    from ..heads.camera import Framing
    from ..heads.figure import make_figure
    from ..heads.people import sample_person
    from ..heads.picture import sample_scene

    _, wardrobe = studio(args)
    seeds = range(args.identity, args.identity + args.people)
    people = [sample_person(seed, wardrobe) for seed in seeds]
    # What is in a scene does not depend on who is in it.
    figure = make_figure(people[0], wardrobe)
    rng = np.random.default_rng(args.seed)
    scenes = [sample_scene(rng, figure, Framing()) for _ in people]
    counts = {**balance.count_people(people), **balance.count_scenes(scenes)}
    say(f"{len(people)} people:")
    say()
    for line in balance.markdown_table(counts):
        say(line)
    return 0


def _counted(cells: Iterator[Cell], count: int) -> Iterator[Cell]:
    with progress_bar("render", unit="picture") as advance:
        for done, cell in enumerate(cells, 1):
            yield cell
            advance(done, count)
