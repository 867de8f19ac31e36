"""The picture in Expression Editor that follows the sliders without a run of the graph.

A run leaves the face behind, ready to be drawn; the page gets its key and asks for pictures of it.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from ..hyperreenact_core.choices import FaceChoice
    from ..hyperreenact_core.imaging import ImageU8
    from ..hyperreenact_core.reenact.editor import FaceEditor
    from ..hyperreenact_core.reenact.expression import Expression
    from .host import ComfyHost, HostModels

ROUTE = "/hyperreenact/edit"
_MOST_EDITORS = 4
"""Faces that are kept of a models socket, the last ones edited."""
_MOST_BYTES = 20_000
"""Of a request; they have about 700."""
_QUALITY = 90

_editors: WeakValueDictionary[str, FaceEditor] = WeakValueDictionary()
"""Key -> face. Nothing here keeps it alive: the models it was opened with do."""


@dataclass(frozen=True)
class Answer:
    """What the page gets: a picture, or text that says why there is none."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"

    @staticmethod
    def saying(status: int, text: str) -> Answer:
        return Answer(status, text.encode())


def expression_of(
    preset: str, amount: float, link: bool, sliders: Mapping[str, object]
) -> Expression:
    """What the widgets of the node say; InputError for what they cannot say."""
    from ..hyperreenact_core.reenact.expression import Expression
    from ..hyperreenact_core.reenact.sliders import added, checked_values, linked, preset_values

    values = checked_values(sliders)
    on_top = linked(values) if link else values
    return Expression.of(added(preset_values(preset), on_top, amount=amount))


def open_live(
    picture: ImageU8, models: HostModels, host: ComfyHost, *, choice: FaceChoice, kind: str
) -> tuple[str, FaceEditor]:
    """The face of a picture and its key; a face that is open already is not looked for again."""
    from ..hyperreenact_core.reenact.editor import open_editor

    what = f"{models.networks.folder} {picture.shape} {choice} {kind}"
    key = blake2b(picture.tobytes() + what.encode(), digest_size=12).hexdigest()
    editor = models.editors.pop(key, None)
    if editor is None:
        editor = open_editor(
            picture,
            models.networks,
            host,
            name="source",
            choice=choice,
            detector=host.detector(kind),
        )
    models.editors[key] = editor
    while len(models.editors) > _MOST_EDITORS:
        del models.editors[next(iter(models.editors))]
    _editors[key] = editor
    return key, editor


class LivePreview:
    """Draws one picture at a time; of the requests for a face that wait, the newest."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._asked: Counter[str] = Counter()
        """Key of a face -> how often it was asked for since it was last idle."""

    async def answer(self, asked: object) -> Answer:
        """To a request {"editor": key, "preset", "preset_amount", "link", "sliders": {...}}.

        With "moving": true it is a draft, which takes less than half of the time.
        """
        from ..hyperreenact_core.errors import InputError

        if not isinstance(asked, dict) or not isinstance(asked.get("sliders"), dict):
            return Answer.saying(400, "the request has no sliders")
        key = str(asked.get("editor"))
        self._asked[key] += 1
        own = self._asked[key]
        async with self._turn:
            if own < self._asked[key]:
                return Answer(204)  # a newer one waits
            del self._asked[key]
            editor = _editors.get(key)
            if editor is None:
                return Answer.saying(404, "run the graph once to start the live preview")
            try:
                return await asyncio.to_thread(_drawn, editor, asked)
            except (InputError, TypeError, ValueError) as error:
                return Answer.saying(400, str(error))
            except RuntimeError:
                # The host took the weights to another device meanwhile.
                return Answer.saying(503, "busy: move the slider again")


def _drawn(editor: FaceEditor, asked: Mapping[str, Any]) -> Answer:
    from PIL import Image

    from ..hyperreenact_core.reenact.editor import DRAFT_WORK_SIZE, PREVIEW_SIZE, WORK_SIZE

    expression = expression_of(
        str(asked.get("preset", "neutral")),
        float(asked.get("preset_amount", 1.0)),
        bool(asked.get("link", False)),
        asked["sliders"],
    )
    file = io.BytesIO()
    work_size = DRAFT_WORK_SIZE if asked.get("moving") else WORK_SIZE
    picture = editor.draw(expression, size=PREVIEW_SIZE, work_size=work_size).picture
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY)
    return Answer(200, file.getvalue(), "image/jpeg")


def add_route(routes: Any) -> None:
    """Let the host's server answer the page; it refuses requests of foreign pages itself."""
    live = LivePreview()

    async def edit(request: Any) -> Any:
        from aiohttp import web

        if request.content_length is None or request.content_length > _MOST_BYTES:
            return web.Response(status=413, text="the request is too long")
        try:
            asked = await request.json()
        except ValueError:
            return web.Response(status=400, text="the request is no JSON")
        start = time.perf_counter()
        answer = await live.answer(asked)
        taken = 1000 * (time.perf_counter() - start)
        return web.Response(
            status=answer.status,
            body=answer.body,
            content_type=answer.content_type,
            headers={"Cache-Control": "no-store", "Server-Timing": f"answer;dur={taken:.1f}"},
        )

    routes.post(ROUTE)(edit)
