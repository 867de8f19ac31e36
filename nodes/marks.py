"""The mark that pictures and videos of a graph carry: an AI made them.

The host's save nodes, and those of other packs that keep to its ways, write whatever a prompt's
`extra_pnginfo` holds into their files. So it is put there, when the prompt comes in: results that
are taken from the cache are marked too.
"""

from __future__ import annotations

from typing import Any

DRAWING = frozenset(
    f"HyperReenact_{name}"
    for name in (
        "Invert",
        "BlendIdentities",
        "Synthesise",
        "DetailTransfer",
        "PasteBack",
        "Reenact",
        "ReenactVideo",
        "ReenactFootage",
        "ReplaceFace",
        "LoadIdentity",
        "ExpressionEditor",
    )
)
"""Nodes whose pictures show a face that was drawn."""


def mark_prompt(request: dict[str, Any]) -> dict[str, Any]:
    """Put the mark into what was posted to the host's queue, if its graph draws a face."""
    from ..hyperreenact_core.video.labels import AI_COMMENT, AI_KEY

    prompt = request.get("prompt")
    nodes = prompt.values() if isinstance(prompt, dict) else ()
    if any(isinstance(node, dict) and node.get("class_type") in DRAWING for node in nodes):
        extra = request["extra_data"] = request.get("extra_data") or {}
        information = extra["extra_pnginfo"] = extra.get("extra_pnginfo") or {}
        information |= {AI_KEY: True, "comment": AI_COMMENT, "description": AI_COMMENT}
    return request
