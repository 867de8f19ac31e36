"""Choose the networks."""

from __future__ import annotations

from comfy_api.latest import io

from ..hyperreenact_core.choices import AUTO, PRECISIONS
from .model_sets import DEFAULT_SET, describe, is_installed, model_paths, set_ids
from .sockets import CATEGORY, Models


class LoadModels(io.ComfyNode):
    @classmethod
    def define_schema(cls) -> io.Schema:
        ids = set_ids()
        sets = "\n".join(describe(set_id) for set_id in ids)
        return io.Schema(
            node_id="HyperReenact_LoadModels",
            display_name="Load HyperReenact Models",
            category=CATEGORY,
            description="Chooses the networks that animate faces. Nothing is downloaded: the "
            "starter set ships with the pack, other sets lie in models/hyperreenact. Each network "
            "is loaded when it is first needed, once for all graphs.",
            search_aliases=["face reenactment", "checkpoint", "talking head", "live portrait"],
            inputs=[
                io.Combo.Input(
                    "model_set",
                    options=ids,
                    default=DEFAULT_SET,
                    tooltip=f"Which networks to use.\n{sets}",
                ),
                io.Combo.Input(
                    "precision",
                    options=[AUTO, *PRECISIONS],
                    default=AUTO,
                    advanced=True,
                    tooltip="Number format the networks compute in. auto: bf16 where the GPU, for "
                    "detail also the processor, is made for it, else fp32. fp32 is exact, the "
                    "others are faster.",
                ),
            ],
            outputs=[
                Models.Output("models", tooltip="The networks, for all other nodes."),
                io.String.Output("info", tooltip="What the set is, its licence and its terms."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model_set: str | None) -> bool | str:
        # A linked value is None here: what it names is known, and checked, when the node runs.
        if model_set is None or is_installed(model_set):
            return True
        folders = ", ".join(str(path) for path in model_paths())
        return (
            f"Model set {model_set!r} is not installed. Put its folder into {folders}, or choose "
            f"{DEFAULT_SET!r}, which ships with the pack."
        )

    @classmethod
    def execute(cls, model_set: str, precision: str) -> io.NodeOutput:
        from ..hyperreenact_core.models.sets import load_set
        from .host import HostModels, dtypes_of

        networks = load_set(model_set, model_paths())
        info = f"{describe(model_set)}\n{networks.folder}"
        return io.NodeOutput(HostModels(networks, *dtypes_of(precision)), info)
