"""Nodes for the tests, loaded by ComfyUI beside the pack."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

import folder_paths
import torch


class NoPictures:
    """An IMAGE of no pictures, as filters of other packs hand over."""

    INPUT_TYPES: ClassVar[Any] = classmethod(lambda cls: {"required": {}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("IMAGE",), "run", "tests"

    def run(self) -> tuple[torch.Tensor]:
        return (torch.zeros(0, 64, 64, 3),)


class Digest:
    """Append a checksum of each picture's every bit to output/NAME.txt."""

    INPUT_TYPES: ClassVar[Any] = classmethod(
        lambda cls: {"required": {"images": ("IMAGE",), "name": ("STRING", {})}}
    )
    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = (), "run", "tests", True

    def run(self, images: torch.Tensor, name: str) -> tuple[()]:
        lines = [hashlib.sha256(i.contiguous().numpy().tobytes()).hexdigest() for i in images]
        path = Path(folder_paths.get_output_directory()) / f"{name}.txt"
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        return ()


NODE_CLASS_MAPPINGS = {"Test_NoPictures": NoPictures, "Test_Digest": Digest}
