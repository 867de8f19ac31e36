"""The people a result could be mistaken for: retrieval by the judging recogniser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .judges import Judges
from .pairs import Moment, Scene, sample_surroundings
from .scene_renderer import SceneRenderer

_PADDING_OFFSET = 100_000
"""Where the people begin who fill the gallery but are in no pair."""
_LIGHT_STREAM = 0x6A11
"""Keeps the random numbers of the gallery apart from those of other uses of the same seed."""
_AT_REST = (0.0,) * 52
_VIEWS = (
    Moment(0.0, 0.0, 0.0, _AT_REST),
    Moment(-30.0, 0.0, 0.0, _AT_REST),
    Moment(30.0, 0.0, 0.0, _AT_REST),
    Moment(0.0, -10.0, 0.0, _AT_REST),
)
ENROLMENT_PICTURES = len(_VIEWS)


@dataclass(frozen=True)
class Gallery:
    """Enrolled people: people [G] identity seeds, embeddings [G, E], unit length."""

    people: Tensor
    embeddings: Tensor

    def rank1(self, embedding: Tensor, people: Tensor) -> Tensor:
        """[B]: 1 where the nearest enrolled person is the right one, else 0.

        people: [B] identity seeds. NaN for a person who is not enrolled.
        """
        nearest = self.people[(embedding @ self.embeddings.T).argmax(1)]
        enrolled = torch.isin(people, self.people)
        return torch.where(enrolled, (nearest == people).float(), torch.nan)


def gallery_people(size: int, *, pairs: int, first_identity: int) -> list[int]:
    """The first source people of the run, filled up with others to `size`."""
    sources = [first_identity + k for k in range(min(size, pairs))]
    others = [first_identity + _PADDING_OFFSET + k for k in range(size - len(sources))]
    return sources + others


def enrol(people: list[int], *, judges: Judges, renderer: SceneRenderer) -> Gallery:
    """Give every person the mean embedding of four pictures of their own.

    They look ahead, left, right and, in another light, down, all with a face at rest: none is a
    picture of a pair.
    """
    embeddings: list[Tensor] = []
    for person in people:
        rng = np.random.default_rng([_LIGHT_STREAM, person])
        light, other_light = sample_surroundings(rng), sample_surroundings(rng)
        lights = (light, light, light, other_light)
        scenes = [
            Scene(person, view, surroundings)
            for view, surroundings in zip(_VIEWS, lights, strict=True)
        ]
        embeddings.append(judges.look(renderer.draw(scenes)).embedding.mean(0))
    stacked = F.normalize(torch.stack(embeddings), dim=1)
    return Gallery(people=torch.tensor(people, device=stacked.device), embeddings=stacked)
