"""How well one finished clip keeps the source's identity and follows the driving face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import InputError
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..reenact.plots import Panel, plot
from .judges import JudgeEstimate, Judges

_BATCH = 8


@dataclass(frozen=True)
class ClipReport:
    """One value a frame, [N].

    identity: cosine of the embeddings of result and source, at most 1.
    pose_deg: mean absolute difference of yaw, pitch and roll from the driving face.
    expression: mean absolute difference of the expression coefficients.
    independent: the judges saw none of the training; otherwise the set's own encoders judged.
    """

    identity: Tensor
    pose_deg: Tensor
    expression: Tensor
    independent: bool

    def to_text(self) -> str:
        """The means and the worst frames, for people."""
        judged = "independent judges" if self.independent else "the set's own encoders"
        worst_id, worst_pose = int(self.identity.argmin()), int(self.pose_deg.argmax())
        return "\n".join(
            [
                f"{len(self.identity)} frames, measured by {judged}",
                f"identity similarity: mean {self.identity.mean():.3f}, "
                f"worst {self.identity[worst_id]:.3f} in frame {worst_id}",
                f"head pose error: mean {self.pose_deg.mean():.2f} degrees, "
                f"worst {self.pose_deg[worst_pose]:.2f} in frame {worst_pose}",
                f"expression error: mean {self.expression.mean():.3f}",
            ]
        )

    def to_plot(self) -> ImageU8:
        """The three curves below one another."""
        return plot(
            [
                Panel("identity similarity (1 is the source)", {"cosine": self.identity.tolist()}),
                Panel("head pose error, degrees", {"error": self.pose_deg.tolist()}, high=10),
                Panel("expression error", {"error": self.expression.tolist()}, high=0.3),
            ]
        )


def report_on_clip(
    results: Sequence[Tensor],
    source: Tensor,
    driving: Sequence[Tensor],
    models: LoadedSet,
    host: Host,
) -> ClipReport:
    """Compare drawn faces with the source and the driving faces.

    All are face crops [3, S, S] in [-1, 1], as the set cuts them; one driving crop a result.
    InputError where the numbers do not fit or there are none.
    """
    if not results or len(results) != len(driving):
        raise InputError(
            f"{len(results)} result(s) cannot be compared with {len(driving)} driving face(s): "
            "give one driving face for every result"
        )
    judges, independent = _judges(models)
    identity: list[Tensor] = []
    pose: list[Tensor] = []
    expression: list[Tensor] = []
    with host.on_device([judges.appearance, judges.pose], 0), torch.inference_mode():

        def look(pictures: Sequence[Tensor]) -> JudgeEstimate:
            return judges.look(torch.stack(list(pictures)).to(host.device))

        embedding = look([source]).embedding
        for begin in range(0, len(results), _BATCH):
            host.check_interrupt()
            result, wanted = (
                look(results[begin : begin + _BATCH]),
                look(driving[begin : begin + _BATCH]),
            )
            identity.append((result.embedding * embedding).sum(1).cpu())
            pose.append((result.angles_deg - wanted.angles_deg).abs().mean(1).cpu())
            expression.append((result.expression - wanted.expression).abs().mean(1).cpu())
            host.progress(begin + len(identity[-1]), len(results))
    return ClipReport(torch.cat(identity), torch.cat(pose), torch.cat(expression), independent)


def _judges(models: LoadedSet) -> tuple[Judges, bool]:
    """The set's judges, or, where it has none, its own encoders."""
    try:
        return Judges.of(models), True
    except InputError:
        return Judges(appearance=models.appearance, pose=models.pose), False
