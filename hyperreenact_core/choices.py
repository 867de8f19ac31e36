"""What users choose among: the words and their meaning, the same at every door. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

AUTO = "auto"
"""Lets the program choose, wherever it may."""

Precision = Literal["fp32", "bf16", "fp16"]
"""Number format that networks work in."""
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
TORCH_NAMES: Mapping[str, str] = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""What torch calls them."""

Storage = Literal["float32", "float16", "int8"]
"""How weights files keep numbers."""
STORAGES: tuple[Storage, ...] = get_args(Storage)

FaceWord = Literal["largest", "leftmost", "rightmost", "centre"]
FACE_WORDS: tuple[FaceWord, ...] = get_args(FaceWord)
FaceChoice = FaceWord | int
"""Which of several faces: by size, by position, or by number counted from the left (from 0)."""

NoFacePolicy = Literal["hold", "skip", "source", "error"]
"""A driving frame without a face keeps the last pose, is left out, takes the source's own pose, or
ends the work."""
NO_FACE_POLICIES: tuple[NoFacePolicy, ...] = get_args(NoFacePolicy)
MissingFace = Literal["hold", "skip", "error"]
"""The same where no source is known."""
MISSING_FACE: tuple[MissingFace, ...] = get_args(MissingFace)

DetectorKind = Literal["auto", "insightface"]
"""What finds the faces: the networks of the set, or the optional insightface package."""
DETECTORS: tuple[DetectorKind, ...] = get_args(DetectorKind)
