"""Draws a person, known from one picture, in any state: what the set is made of.

The appearance encoder's map tells a code of the person, the state is given, and the generator's
mapping network turns both into w. So the generator knows the w of every person in every state,
which teaches the inversion encoder and the hypernetwork what no picture shows.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ...errors import TrainingError
from ...imaging import resize
from ...models.checkpoints import save_network
from ...models.kinds import NetworkKind
from ...models.sets import LoadedSet
from ...models.store import weights_file
from ...models.tensor_files import save_tensors
from ...networks.arcface import AppearanceFeatures, ArcFace
from ...networks.pose_state import STATE, state_parts
from ...networks.reader_regions import IBUG68
from ...networks.stylegan2 import Generator
from ...reenact.detail.head_model import COEFFICIENTS, POINTS, load_head_model
from ..engine.precision import channels_last

SURFACE = 96
"""Mesh points whose places on a mean head are told beside the state."""
CODE = 96
"""Numbers of a person's code."""
PORTRAIT_DIM = STATE + 3 * SURFACE + CODE
"""Length of z."""


class MeanFace(nn.Module):
    """States [B, STATE] -> mesh points of a mean head, [B, SURFACE, 3], about -1 to 1.

    A generator learns faster when it need not find out where a turned head's features lie.
    """

    rest: Tensor
    moves: Tensor
    chosen: Tensor
    frame: Tensor

    def __init__(self) -> None:
        super().__init__()
        model = load_head_model()
        moves = model.point_moves[:, :, -COEFFICIENTS:]
        self.register_buffer("rest", torch.from_numpy(model.point_mean).float())
        self.register_buffer("moves", torch.from_numpy(moves.copy()).float())
        others = sorted(set(range(POINTS)) - set(IBUG68))
        wanted = SURFACE - len(IBUG68)
        some = [others[n * len(others) // wanted] for n in range(wanted)]
        self.register_buffer("chosen", torch.tensor([*IBUG68, *some]))
        self.register_buffer("frame", torch.tensor(IBUG68))

    def forward(self, state: Tensor) -> Tensor:
        rotation, coefficients, _ = state_parts(state.float())
        unturned = self.rest + torch.einsum("pcd,bd->bpc", self.moves, coefficients)
        turned = unturned @ rotation.transpose(1, 2)  # [B, 468, 3]
        framed = turned[:, self.frame, :2]
        low, high = framed.amin(1, keepdim=True), framed.amax(1, keepdim=True)
        half = (high - low).amax(2, keepdim=True) / 2
        middle = torch.cat([(low + high) / 2, torch.zeros_like(half)], 2)
        return ((turned - middle) / half)[:, self.chosen]


class CodeHead(nn.Module):
    """Appearance map [B, C, 7, 7] -> the person's code [B, CODE], of unit size."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.LayerNorm(values), nn.Linear(values, CODE), nn.LayerNorm(CODE)
        )

    def forward(self, appearance: Tensor) -> Tensor:
        return self.layers(appearance.contiguous())


class Portrait(nn.Module):
    """Appearance encoder, code and generator together."""

    def __init__(self, generator: Generator, appearance: ArcFace) -> None:
        super().__init__()
        self.generator = generator
        self.appearance = channels_last(appearance)
        config = appearance.config
        self.code = CodeHead(config.body.out_channels * config.map_size**2)
        self.surface = MeanFace()

    def look(self, face: Tensor) -> AppearanceFeatures:
        """What the appearance encoder sees in pictures [B, 3, S, S]."""
        return self.appearance(resize(face, self.appearance.config.input_size))

    def z(self, code: Tensor, state: Tensor) -> Tensor:
        """Persons [B, CODE] in states [B, STATE] -> [B, PORTRAIT_DIM]."""
        return torch.cat([state, self.surface(state).flatten(1), code.float()], 1)

    def w(self, code: Tensor, state: Tensor) -> Tensor:
        """[B, D]: the generator's code of persons in states."""
        return self.generator.mapping(self.z(code, state))

    @torch.no_grad()
    def centre(self, states: Tensor) -> None:
        """Let the generator standardise its input by many states [N, STATE]."""
        mean = torch.zeros(PORTRAIT_DIM, device=states.device)
        deviation = torch.ones(PORTRAIT_DIM, device=states.device)
        told = self.z(states.new_zeros(len(states), CODE), states)[:, :-CODE]
        mean[:-CODE], deviation[:-CODE] = told.mean(0), told.std(0) + _DEVIATION_FLOOR
        self.generator.set_input_statistics(mean, deviation)


CODE_FILE = "code.safetensors"
"""The part of a portrait that no set needs, for the stages that follow."""


def save_portrait(folder: Path, portrait: Portrait) -> None:
    """Write generator, appearance encoder and, beside them, the code's own layers."""
    layers = {name: value.cpu().contiguous() for name, value in portrait.code.state_dict().items()}
    save_tensors(layers, folder / CODE_FILE)
    for kind, network in _kinds(portrait).items():
        path = weights_file(folder, kind)
        save_network(path, network, kind=kind, config=network.config)


def load_portrait(folder: Path) -> Portrait:
    """What `save_portrait` wrote, frozen; ModelError or TrainingError where it is not there."""
    models = LoadedSet(folder)
    portrait = Portrait(models.generator, models.appearance)
    path = folder / CODE_FILE
    try:
        portrait.code.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TrainingError(
            f"{path}: cannot be read ({error}); train the generator anew"
        ) from error
    return portrait.eval().requires_grad_(requires_grad=False)


def _kinds(portrait: Portrait) -> dict[NetworkKind, Generator | ArcFace]:
    # The generator comes last: a stage whose file is there is taken for done.
    return {"appearance": portrait.appearance, "generator": portrait.generator}


_DEVIATION_FLOOR = 0.15
"""What hardly ever changes is not blown up to full scale."""
