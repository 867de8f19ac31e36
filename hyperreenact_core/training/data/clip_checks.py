"""What can be known to be wrong with clips before anything is trained on them."""

from __future__ import annotations

import json
import logging

import torch

from ...errors import TrainingError
from ...models.kinds import NetworkKind
from ...models.settings import SetSettings
from .clips import INDEX_FILE, PreparedClips

logger = logging.getLogger(__name__)

_HELD_OUT_SHARE = 0.05
_FEWEST_HELD_OUT = 2
"""Cross-subject figures need two people."""


def check_clips(clips: PreparedClips, kind: NetworkKind, settings: SetSettings) -> None:
    """Raise TrainingError, saying what to do, where `kind` cannot be trained on these clips."""
    folder = clips.files.folder
    if len(clips) == 0:
        raise TrainingError(
            f"{folder}: no face was found in any clip, so there is nothing to learn"
        )
    if clips.size != settings.resolution:
        raise TrainingError(
            f"{folder}: its pictures are {clips.size} px wide, the model set draws "
            f"{settings.resolution} px; prepare the clips again for this --model-set"
        )
    _check_rule(clips, settings)
    if kind != "hypernetwork":
        return
    people = len(torch.unique(clips.identity))
    if people < 2:
        raise TrainingError(
            f"{folder}: only one identity is here ({clips.identity_names[0]}), and half of the "
            "last phase draws one person in another's pose; prepare clips of two people or more, "
            "each person's in a folder of their own"
        )
    _, frames = torch.unique(clips.clip, return_counts=True)
    alone = int((frames == 1).sum())
    if alone == len(frames):
        raise TrainingError(
            f"{folder}: every clip has a single frame, and one frame of a clip is drawn from "
            "another; prepare clips with more frames"
        )
    if alone:
        logger.warning("%s: %d of %d clips have a single frame", folder, alone, len(frames))


def _check_rule(clips: PreparedClips, settings: SetSettings) -> None:
    """Faces must fill the crops as the set's do; rendered shards do not say how they are cut."""
    folder = clips.files.folder
    index = folder / INDEX_FILE
    if not index.is_file():
        return
    rule = json.loads(index.read_text(encoding="utf-8")).get("rule", {})
    scale = rule.get("scale", settings.crop_scale)
    if scale != settings.crop_scale:
        raise TrainingError(
            f"{folder}: its faces are cut at scale {scale}, the model set's at "
            f"{settings.crop_scale}; prepare the clips again for this --model-set"
        )


def hold_out(clips: PreparedClips, wanted: int | None) -> tuple[PreparedClips, PreparedClips]:
    """(training, held out): whole people; with too few, held-out figures are of training clips.

    wanted: people to hold out, None for a twentieth of them. TrainingError for too many.
    """
    people = len(torch.unique(clips.identity))
    if wanted is None:
        wanted = max(_FEWEST_HELD_OUT, round(people * _HELD_OUT_SHARE))
        if people < 2 * _FEWEST_HELD_OUT:
            wanted = 0
    if wanted == 0:
        logger.warning(
            "%s: %d people are too few to hold any out; held-out figures are of clips that "
            "training sees",
            clips.files.folder,
            people,
        )
        return clips, clips
    if wanted < _FEWEST_HELD_OUT or people - wanted < _FEWEST_HELD_OUT:
        raise TrainingError(
            f"--held-out {wanted}: of {people} people, two or more must be held out and as many "
            "left to train on; 0 holds out none"
        )
    return clips.split(wanted)
