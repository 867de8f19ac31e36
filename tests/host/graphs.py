"""Graphs for a real ComfyUI: the shipped ones, and one to take parts of."""

from __future__ import annotations

import json
from typing import Any

from tests.host.comfy import MODEL_SET, ROOT, Prompt
from tests.nodes.runner import ALIGN, ALL_IN_ONE, STRENGTH

WORKFLOWS = sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))


def shipped(name: str, *, model_set: str = MODEL_SET) -> Prompt:
    """One of the pack's own workflows, in the form the server takes."""
    prompt: Prompt = json.loads((ROOT / "workflows/api" / f"{name}.json").read_text("utf-8"))
    of_class(prompt, "LoadModels")["inputs"]["model_set"] = model_set
    return prompt


def of_class(prompt: Prompt, name: str) -> dict[str, Any]:
    """The node of one of our classes."""
    return prompt[id_of(prompt, name)]


def id_of(prompt: Prompt, name: str) -> str:
    """The id of the first node of one of our classes."""
    return next(k for k, node in prompt.items() if node["class_type"] == f"HyperReenact_{name}")


def graph(
    shown: str, *, frames: int = 2, side: int = 96, slot: int = 0, **changes: dict[str, Any]
) -> Prompt:
    """The whole chain on a picture and a clip of it repeated, of which one output is shown.

    shown, slot: node and output. changes: inputs of nodes, by the node's id.
    """
    models, source, latent = ["models", 0], ["small", 0], ["latent", 0]
    clip = {"images": ["clip", 0]}
    ours: dict[str, tuple[str, dict[str, Any]]] = {
        "models": ("LoadModels", {"model_set": MODEL_SET, "precision": "auto"}),
        "portrait": ("SamplePortrait", {"name": "redbeard"}),
        "source_face": ("AlignFace", {"models": models, "images": source, **ALIGN}),
        "faces": ("AlignFace", {"models": models, **clip, **ALIGN}),
        "latent": (
            "Invert",
            {"models": models, "faces": ["source_face", 0], "index": 0, "picture": source},
        ),
        "poses": ("ExtractPose", {"models": models, "faces": ["faces", 0], "batch_size": 0}),
        "deltas": (
            "Hypernetwork",
            {"models": models, "latent": latent, "poses": ["poses", 0], **STRENGTH},
        ),
        "drawn": (
            "Synthesise",
            {"latent": latent, "deltas": ["deltas", 0], "truncation_psi": -1.0, "batch_size": 0},
        ),
        "detailed": (
            "DetailTransfer",
            {
                "models": models,
                "images": ["drawn", 0],
                "latent": latent,
                "poses": ["poses", 0],
                "detail": 1.0,
                "size": 128,
                "batch_size": 0,
            },
        ),
        "pasted": (
            "PasteBack",
            {
                "frames": source,
                "faces": ["source_face", 0],
                "images": ["drawn", 0],
                "feather": 0.15,
                "colour_match": True,
            },
        ),
        "reenacted": (
            "Reenact",
            {
                "models": models,
                "source": source,
                "driving": ["clip", 0],
                "follow": True,
                **ALL_IN_ONE,
            },
        ),
    }
    prompt: Prompt = {
        key: {"class_type": f"HyperReenact_{name}", "inputs": inputs}
        for key, (name, inputs) in ours.items()
    }
    prompt["small"] = _node(
        "ImageScale",
        image=["portrait", 0],
        upscale_method="area",
        width=side,
        height=side,
        crop="disabled",
    )
    prompt["clip"] = _node("RepeatImageBatch", image=source, amount=frames)
    prompt["show"] = _node("PreviewAny", source=[shown, slot])
    for key, inputs in changes.items():
        prompt[key]["inputs"].update(inputs)
    return prompt


def _node(name: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": name, "inputs": inputs}
