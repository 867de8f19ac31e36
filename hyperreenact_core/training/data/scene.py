"""Codes that the starter's generator draws from: scene parameters and the head's projected surface.

The parameters alone say everything, but a generator learns faster when it need not find
out for itself where a turned head's surface lies in the crop.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...networks.rotation import axis_angle_from_euler
from ...synthetic.camera import DISTANCE, LOOK_AT_Y
from ...synthetic.vector import EXPRESSION, PARAMETER_COUNT, POSE
from .drawn_heads import RenderedHeads
from .head_shape import HeadShape

POINTS = 100
"""Vertices of the head model whose places are given."""
SCENE_DIM = PARAMETER_COUNT + 3 * POINTS
"""Length of a code."""
_BROW_Y = 0.3
"""Height on the unposed head up to which the surface decides how a face is framed."""


class SceneCode(nn.Module):
    """Rendered heads -> codes z [B, SCENE_DIM]; it has no parameters, only buffers."""

    framing: Tensor
    chosen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.shape = HeadShape()
        count = len(self.shape.mean)
        self.register_buffer("framing", self.shape.mean[:, 1] < _BROW_Y)
        self.register_buffer("chosen", torch.arange(POINTS) * count // POINTS)

    def forward(self, heads: RenderedHeads, index: Tensor, driving: Tensor | None = None) -> Tensor:
        """Codes of frames `index` [B]; with the pose and expression of `driving` [B] if given."""
        driving = index if driving is None else driving
        parameters = heads.parameters[index].clone()
        for part in (EXPRESSION, POSE):
            parameters[:, part] = heads.parameters[driving][:, part]
        surface = self._surface(
            heads.geometry[index], heads.expression[driving], heads.pose[driving]
        )
        return torch.cat([parameters, surface.flatten(1)], 1)

    def _surface(self, geometry: Tensor, expression: Tensor, pose_deg: Tensor) -> Tensor:
        """[B, POINTS, 3]: x, y in the framed square from about -1 to 1, and depth."""
        rotation = axis_angle_from_euler(*pose_deg.unbind(1))
        vertices = self.shape(geometry, expression, rotation)
        depth = vertices[..., 2:]
        seen = vertices[..., :2] - vertices.new_tensor([0.0, LOOK_AT_Y])
        plane = seen * (DISTANCE / (DISTANCE - depth))
        low = plane[:, self.framing].amin(1, keepdim=True)
        high = plane[:, self.framing].amax(1, keepdim=True)
        half = (high - low).amax(2, keepdim=True) / 2  # [B, 1, 1]
        placed = torch.cat([(plane - (low + high) / 2) / half, depth], 2)
        return placed[:, self.chosen]
