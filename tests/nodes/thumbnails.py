"""Thumbnails of the shipped workflows, from what their graphs make with the shipped set.

    python -m tests.nodes.thumbnails

runs each graph in the fake host and writes `workflows/NAME.jpg`, which the host shows among its
templates: source, driving frame and three results, or source and four expressions of it, above a
sketch of the graph.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.video.stills import write_image
from tests.nodes.graphs import Prompt, Run, run
from tests.nodes.imported import ROOT, Pack, imported

_SIZE = (640, 400)
_BACKGROUND, _INK = "#181b24", "#f0f2f6"
_MARGIN, _TILE = 16, 116
_SOURCE_RIM, _DRIVING_RIM, _RESULT_RIM = "#f2a65a", "#5fbfa8", "#ffffff"
_SKETCH = (16, 152, 624, 352)
_OWN, _VIDEO_SUITE, _HOST, _LINK = "#4677bd", "#946b3a", "#5b606d", "#74d8bd"
_MOMENTS = (0.15, 0.5, 0.85)
"""Where in the clip the results are taken; the driving frame is that of the middle one."""

_CAST = "HyperReenact_CastFace"
_EDITOR = "HyperReenact_ExpressionEditor"
_EXPRESSIONS: tuple[dict[str, Any], ...] = (
    {},
    {"preset": "surprise"},
    {"preset": "wink", "link": False},
    {"preset": "kiss", "yaw": 8.0},
)
"""Inputs of the editor that are changed."""
_PICTURES = {
    "source": ("HyperReenact_SamplePortrait",),
    "driving": (
        "HyperReenact_PuppetPose",
        "VHS_LoadVideoPath",
        "GetVideoComponents",
        "HyperReenact_SampleClip",
    ),
    "result": (
        "HyperReenact_PasteBack",
        "HyperReenact_Reenact",
        "HyperReenact_ReenactVideo",
        "HyperReenact_ReenactFootage",
        "HyperReenact_DetailTransfer",
        "HyperReenact_Synthesise",
    ),
}
"""Nodes whose pictures are shown; the first that the graph has."""


def main() -> None:
    """Draw all of them."""
    with tempfile.TemporaryDirectory() as folder, imported(Path(folder)) as pack:
        for path in sorted((ROOT / "workflows").glob("*.json")):
            write_image(path.with_suffix(".jpg"), thumbnail(path, pack))
            print(path.with_suffix(".jpg").name)


def thumbnail(path: Path, pack: Pack) -> ImageU8:
    """The picture of one workflow, [400, 640, 3]; runs its twin for the API."""
    prompt: Prompt = json.loads((path.parent / "api" / path.name).read_text("utf-8"))
    with torch.inference_mode():
        tiles = _edited(prompt, pack) or _performed(prompt, pack)
    canvas = Image.new("RGB", _SIZE, _BACKGROUND)
    _paste_tiles(canvas, tiles)
    draw = ImageDraw.Draw(canvas)
    _sketch(draw, json.loads(path.read_text("utf-8")))
    title = path.stem.partition(" ")[2]
    draw.text((_MARGIN, 370), title, fill=_INK, font=ImageFont.load_default(18))
    return np.asarray(canvas)


def _performed(prompt: Prompt, pack: Pack) -> list[ImageU8]:
    """Source, driving frame and three results; of several people, who need room, one result."""
    done = run(prompt, pack.classes)
    source, driving, results = (_pictures(prompt, done, role, pack) for role in _PICTURES)
    moments = [round(share * (len(results) - 1)) for share in _MOMENTS]
    wide = next((key for key, n in prompt.items() if n["class_type"] == "ImageStitch"), None)
    if wide is not None and any(n["class_type"] == _CAST for n in prompt.values()):
        several = _frames(done.outputs[wide], pack)[0]
        return [several, driving[moments[1]], results[moments[1]]]
    return [source[0], driving[moments[1]], *(results[at] for at in moments)]


def _edited(prompt: Prompt, pack: Pack) -> list[ImageU8]:
    """Source and four expressions, the graph's own first; nothing where none is edited."""
    editors = [key for key, node in prompt.items() if node["class_type"] == _EDITOR]
    cache: dict[str, Any] = {}
    tiles: list[ImageU8] = []
    for editor in editors:
        inputs = prompt[editor]["inputs"]
        for changes in _EXPRESSIONS:
            other = {**prompt[editor], "inputs": {**inputs, **changes}}
            done = run({**prompt, editor: other}, pack.classes, cache)
            tiles = tiles or [*_pictures(prompt, done, "source", pack)]
            tiles += _frames(done.outputs[editor], pack)
    return tiles


def _pictures(prompt: Prompt, done: Run, role: str, pack: Pack) -> Sequence[ImageU8]:
    """Frames of the node that plays a role, [H, W, 3] each."""
    for kind in _PICTURES[role]:
        for key, node in prompt.items():
            if node["class_type"] == kind:
                return _frames(done.outputs[key], pack)
    raise SystemExit(f"no node for the {role} picture; expected one of {_PICTURES[role]}")


def _frames(outputs: Sequence[Any], pack: Pack) -> Sequence[ImageU8]:
    """The IMAGE or VIDEO among a node's outputs."""
    for value in outputs:
        if isinstance(value, torch.Tensor):
            return pack.part("nodes.convert").Frames(value, name="picture")
        if hasattr(value, "components"):
            return _frames(value.components(), pack)
    raise SystemExit("the node gives no pictures")


def _paste_tiles(canvas: Image.Image, tiles: Sequence[ImageU8]) -> None:
    widths = [round(_TILE * tile.shape[1] / tile.shape[0]) for tile in tiles]
    gap = (_SIZE[0] - 2 * _MARGIN - sum(widths)) / (len(tiles) - 1)
    rims = (_SOURCE_RIM, _DRIVING_RIM, *(_RESULT_RIM,) * (len(tiles) - 2))
    for at, (tile, rim, width) in enumerate(zip(tiles, rims, widths, strict=True)):
        framed = Image.new("RGB", (width, _TILE), rim)
        size = (width - 6, _TILE - 6)
        framed.paste(Image.fromarray(tile).resize(size, Image.Resampling.LANCZOS), (3, 3))
        canvas.paste(framed, (round(_MARGIN + sum(widths[:at]) + at * gap), _MARGIN))


def _sketch(draw: ImageDraw.ImageDraw, graph: dict[str, Any]) -> None:
    """Boxes and links where the page shows them, scaled to fit."""
    nodes = {n["id"]: n for n in graph["nodes"] if "Note" not in n["type"]}
    corners = np.array([[*n["pos"], *np.add(n["pos"], n["size"])] for n in nodes.values()])
    first, last = corners[:, :2].min(0), corners[:, 2:].max(0)
    left, top, right, bottom = _SKETCH
    scale = min((right - left) / (last[0] - first[0]), (bottom - top) / (last[1] - first[1]))
    indent = ((right - left) - scale * (last[0] - first[0])) / 2

    def place(x: float, y: float) -> tuple[float, float]:
        return left + indent + (x - first[0]) * scale, top + (y - first[1]) * scale

    for _, origin, slot, target, entry, _ in graph["links"]:
        (x0, y0), (x1, y1) = nodes[origin]["pos"], nodes[target]["pos"]
        start = np.array([x0 + nodes[origin]["size"][0], y0 + 14 + 20 * slot])
        end = np.array([x1, y1 + 14 + 20 * entry])
        draw.line([place(*point) for point in _curve(start, end)], fill=_LINK, width=2)
    for node in nodes.values():
        box = (*place(*node["pos"]), *place(*np.add(node["pos"], node["size"])))
        draw.rounded_rectangle(box, radius=4, fill=_colour(node["type"]))


def _curve(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Points of a cubic curve that leaves and arrives level, as the page draws its links."""
    reach = np.array([max(abs(end[0] - start[0]) / 2, 20.0), 0.0])
    t = np.linspace(0, 1, 24)[:, None]
    return (
        (1 - t) ** 3 * start
        + 3 * (1 - t) ** 2 * t * (start + reach)
        + 3 * (1 - t) * t**2 * (end - reach)
        + t**3 * end
    )


def _colour(kind: str) -> str:
    if kind.startswith("HyperReenact_"):
        return _OWN
    return _VIDEO_SUITE if kind.startswith("VHS_") else _HOST


if __name__ == "__main__":
    main()
