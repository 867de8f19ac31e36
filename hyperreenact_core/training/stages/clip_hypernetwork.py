"""Hypernetwork stage on clips of real people: the paper's curriculum, nothing known but pictures.

What the renderer tells of its heads is read here by the set's own encoders: the wanted head has
the pose and expression read in the driving frame and, where shape is read, that of the source. The
drawn face is looked at where the driving frame has its landmarks.

Source: HyperReenact (2023), section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from ...imaging import ImageU8
from ...models.checkpoints import save_network
from ...networks.arcface import AppearanceTaps
from ...networks.calibration import calibrate
from ...networks.hypernetwork import Hypernetwork
from ...networks.rotation import euler_from_matrix
from ...quality import feature_distance, psnr
from ...types import WeightDeltas
from ..data.clip_faces import ClipFaces
from ..data.frozen_set import Faces, FrozenSet, PoseSeen
from ..engine.compute import Compute
from ..engine.grids import comparison_grid, spread_out
from ..engine.learner import Learner, Shares, frozen_copy, update_average
from ..engine.losses import identity_loss
from ..engine.recipes import Recipe
from .curriculum import Phase, choose_drivers, phase_at
from .shape_loss import shape_loss

_CALIBRATION_FACES, _HELD_OUT_FACES, _SHOWN = 64, 48, 8


@dataclass(frozen=True)
class ClipHypernetworkTraining:
    """Steps of the first two phases, the third has the rest; weights of the losses.

    cross_rate: factor of the learning rate in the third phase.
    """

    recipe: Recipe
    inversion_steps: int
    self_steps: int
    cross_rate: float = 0.5
    pixel_weight: float = 10.0
    perceptual_weight: float = 5.0
    identity_weight: float = 10.0
    shape_weight: float = 0.5

    def phase(self, step: int) -> Phase:
        """Which phase a step belongs to."""
        return phase_at(step, {"inversion": self.inversion_steps, "self": self.self_steps})


class ClipHypernetworkStage:
    """Trains a `Hypernetwork` against a frozen set; keeps a moving average of it.

    fresh: the network holds no training yet and is scaled to the encoders' maps first.
    """

    name = "hypernetwork"

    def __init__(
        self,
        network: Hypernetwork,
        *,
        fresh: bool,
        training: ClipHypernetworkTraining,
        frozen: FrozenSet,
        clips: ClipFaces,
        held_out: ClipFaces,
        compute: Compute,
        out: Path,
    ) -> None:
        self._training, self._frozen, self._out = training, frozen, out
        self._clips, self._held_out = clips, held_out
        self._shares = Shares(training.recipe, compute)
        network = network.to(compute.device)
        if fresh:
            self._calibrate(network)
        self.average = frozen_copy(network)
        optimiser = Adam(network.parameters(), training.recipe.learning_rate, fused=True)
        self.learner = Learner(network, optimiser, recipe=training.recipe, compute=compute)

    @torch.no_grad()
    def _calibrate(self, network: Hypernetwork) -> None:
        faces = self._clips.take(self._clips.clips.spread(_CALIBRATION_FACES))
        appearance = self._frozen.look(faces).taps[-1]
        calibrate(network, appearance=appearance, pose=self._frozen.read_pose(faces).map)

    def networks(self) -> Mapping[str, nn.Module]:
        return {"network": self.learner.network, "average": self.average}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"network": self.learner.optimiser}

    def step(self, step: int, random: torch.Generator) -> Mapping[str, Tensor]:
        t, clips = self._training, self._clips.clips
        phase = t.phase(step)
        source = clips.sample(self._shares.total, random)
        drivers = choose_drivers(clips, source, clips.stranger, phase=phase, random=random)
        if phase == "cross":
            for group in self.learner.optimiser.param_groups:
                group["lr"] *= t.cross_rate  # the loop sets it afresh before every step
        # Of all processes together: a share may hold more of one kind than of the other.
        self_share = float((~drivers.cross).float().mean())

        def losses_of(_part: int, rows: slice) -> Mapping[str, Tensor]:
            return self._losses(
                self._clips.take(source[rows]),
                self._clips.take(drivers.frame[rows]),
                cross=drivers.cross[rows],
                self_share=self_share,
                shape=phase != "inversion",
            )

        losses = self.learner.update(self._shares, losses_of)
        update_average(self.average, self.learner.network, step, t.recipe.average_decay)
        return losses

    def _losses(
        self, source: Faces, driving: Faces, *, cross: Tensor, self_share: float, shape: bool
    ) -> dict[str, Tensor]:
        """Weighted losses; those against the true picture only where a frame of the clip drives."""
        t, same = self._training, (~cross).nonzero()[:, 0].to(source.image.device)
        with self.learner.autocast():
            with torch.no_grad():
                seen, asked = self._frozen.look(source), self._frozen.read_pose(driving)
                w_source = self._frozen.invert(source.image).float()
                head = self._frozen.read_pose(source) if shape else asked
            deltas = in_float(self.learner.model(seen.taps[-1], asked.map))
            image = self._frozen.generator(w_source, deltas).float()
            drawn = driving.with_image(image)
            mine = self._frozen.look(drawn)
        # Means over the self-reenacted part of the whole batch, however many are in this share.
        count = self_share * len(cross)
        pixel = (image - driving.image)[same].abs().mean((1, 2, 3))
        losses = {
            "pixel": t.pixel_weight * pixel.sum() / count,
            "perceptual": t.perceptual_weight * self._perceptual(mine, driving, same) / count,
            "identity": t.identity_weight * identity_loss(mine.embedding, seen.embedding),
        }
        if shape:
            with self.learner.autocast():
                read = self._frozen.read_pose(drawn)
            losses["shape"] = t.shape_weight * shape_loss(read, asked, head)
        return losses

    def _perceptual(self, mine: AppearanceTaps, truth: Faces, same: Tensor) -> Tensor:
        """Sum over the pictures at `same` of their distance from the truth."""
        if len(same) == 0:
            return mine.embedding.new_zeros(())
        with torch.no_grad(), self.learner.autocast():
            taps = self._frozen.look(truth[same]).taps
        return feature_distance([tap[same] for tap in mine.taps], taps).sum() / len(taps)

    @torch.no_grad()
    def validate(self) -> tuple[Mapping[str, float], ImageU8 | None]:
        """Held-out people: likeness of self and cross pairs to the source, pose of cross pairs.

        Judged by the set's own encoders, which the losses see too: `evaluate` has others.
        """
        clips, random = self._held_out.clips, torch.Generator().manual_seed(1)
        source = clips.spread(_HELD_OUT_FACES)
        pairs = (source, clips.partner(source, random), clips.stranger(source, random))
        rows: list[list[Tensor]] = []
        figures: list[tuple[Tensor, ...]] = []
        for first, own, other in zip(*(self._held_out.in_turn(i) for i in pairs), strict=True):
            seen, mine, cross = self._draw(first, own, other)
            truth = self._frozen.read_pose(other)
            figures.append(
                (
                    psnr(mine.image, own.image),
                    (seen * self._frozen.look(mine).embedding).sum(1),
                    (seen * self._frozen.look(cross).embedding).sum(1),
                    turn_between(self._frozen.read_pose(cross), truth),
                )
            )
            rows.append([f.image for f in (first, own, mine, other, cross)])
        names = ("psnr", "self_identity", "cross_identity", "cross_degrees")
        columns = zip(*figures, strict=True)
        means = {n: float(torch.cat(c).mean()) for n, c in zip(names, columns, strict=True)}
        stacks = [spread_out(torch.cat(column), 2 * _SHOWN) for column in zip(*rows, strict=True)]
        return means, comparison_grid(stacks, columns=_SHOWN)

    def _draw(self, source: Faces, *driving: Faces) -> tuple[Tensor, Faces, Faces]:
        """Identity embedding of the source, and its face as each driving face asks for it."""
        drawn: list[Faces] = []
        with self.learner.autocast():
            seen, w_source = self._frozen.look(source), self._frozen.invert(source.image).float()
            for faces in driving:
                pose = self._frozen.read_pose(faces).map
                deltas = in_float(self.average(seen.taps[-1], pose))
                image = self._frozen.generator(w_source, deltas).float().clamp(-1, 1)
                drawn.append(faces.with_image(image))
        return seen.embedding, drawn[0], drawn[1]

    def finish(self) -> None:
        path = self._out / "hypernetwork.safetensors"
        save_network(path, self.average, kind="hypernetwork", config=self.average.config)


def in_float(deltas: WeightDeltas) -> WeightDeltas:
    """Deltas in float32: next to one, half precision has no room for small ones."""
    return tuple(None if delta is None else delta.float() for delta in deltas)


def turn_between(read: PoseSeen, wanted: PoseSeen) -> Tensor:
    """Mean absolute difference of yaw, pitch and roll in degrees, one a picture [B]."""
    mine, theirs = (torch.stack(euler_from_matrix(seen.rotation), dim=1) for seen in (read, wanted))
    return (mine - theirs).abs().mean(1)
