"""The paper's protocol and metrics on clips of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ..errors import InputError
from ..host import Host
from ..imaging import resize
from ..models.sets import LoadedSet
from ..networks.hypernetwork import Hypernetwork
from .baselines import Baseline
from .chain import Chain, SourceCodes
from .clip_pairs import (
    TASKS,
    Clips,
    DrivenClip,
    Task,
    cross_pairs,
    frames_by_clip,
    large_pose_pairs,
    self_pairs,
)
from .clip_scores import ClipScores, Comparison
from .clips_report import ClipsReport
from .estimator import FaceEstimator
from .outside import OutsideJudges

_WORKING_BYTES = 2**30


@dataclass(frozen=True)
class ClipsConfig:
    """cross_pairs: random pairs of clips. max_frames: looked at in each clip, from its first on.

    seed: of the random pairs. batch_size: pictures drawn at once.
    """

    cross_pairs: int = 35
    max_frames: int = 100
    seed: int = 0
    batch_size: int = 16

    def __post_init__(self) -> None:
        if self.max_frames < 2:
            raise InputError("a clip needs two frames or more: one is the source, others drive")
        if min(self.cross_pairs, self.seed) < 0:
            raise InputError("the number of cross pairs and the seed must not be negative")


@dataclass(frozen=True)
class _Faces:
    """Pictures [B, 3, R, R] in [-1, 1] and landmarks in their pixels, [B, 68, 2]."""

    pictures: Tensor
    landmarks: Tensor


_Method = Callable[[SourceCodes, _Faces, Tensor], Tensor]
"""(codes of the sources, their faces, driving pose maps) -> pictures."""


@torch.inference_mode()
def evaluate_clips(
    models: LoadedSet,
    clips: Clips,
    config: ClipsConfig,
    host: Host,
    *,
    outside: OutsideJudges,
    baselines: Sequence[Baseline] = (),
) -> ClipsReport:
    """Measure a model set, and those baselines that are told the pose, on a collection of clips.

    Raises InputError where no clip has two frames.
    """
    frames = frames_by_clip(clips, config.max_frames)
    chain = Chain(models, host)
    estimator = FaceEstimator(models, chain)
    trial = _Trial(clips, models.settings.resolution, chain, estimator, outside, host, config)
    random = torch.Generator().manual_seed(config.seed)
    modules = (
        models.generator,
        models.e4e,
        models.appearance,
        models.pose_network,
        models.hypernetwork,
        *estimator.modules,
        *(baseline.network for baseline in baselines),
    )
    rows = _methods(chain, models.hypernetwork, baselines)
    with host.on_device(modules, _WORKING_BYTES):
        angles = {clip: trial.angles(members) for clip, members in frames.items()}
        tasks: dict[Task, list[DrivenClip]] = {
            "self": self_pairs(frames),
            "cross": cross_pairs(clips, frames, count=config.cross_pairs, random=random),
            "large_pose": large_pose_pairs(frames, angles, random=random),
        }
        trial.expect(tasks, frames)
        results = {task: trial.run(task, tasks[task], rows) for task in TASKS}
    return ClipsReport(
        settings={
            "model_set": models.folder.name,
            "clips": len(frames),
            "people": len({int(clips.identity[f[0]]) for f in frames.values()}),
            "max_frames": config.max_frames,
            "seed": config.seed,
            "resolution": models.settings.resolution,
            "judges": "independent" if estimator.independent else "the set's own encoders",
            "reads_gaze": estimator.reads_gaze,
        },
        counts={task: sum(len(clip.driving) for clip in tasks[task]) for task in TASKS},
        clips={task: len(tasks[task]) for task in TASKS},
        rows={row: {task: results[task][row] for task in TASKS} for row in rows},
        missing=outside.missing,
    )


def _methods(chain: Chain, own: Hypernetwork, baselines: Sequence[Baseline]) -> dict[str, _Method]:
    told = {
        baseline.name: baseline.network for baseline in baselines if baseline.condition == "pose"
    }
    return {
        "source": lambda codes, faces, pose: faces.pictures,
        "inversion": lambda codes, faces, pose: chain.image(codes.w_plus),
        **{
            name: partial(_reenact, chain, network)
            for name, network in {"ours": own, **told}.items()
        },
    }


def _reenact(
    chain: Chain, network: Hypernetwork, codes: SourceCodes, faces: _Faces, pose: Tensor
) -> Tensor:
    return chain.image(codes.w_plus, chain.deltas_of(network, codes, pose))


@dataclass
class _Trial:
    """Draws and judges; counts what it has done."""

    clips: Clips
    side: int
    chain: Chain
    estimator: FaceEstimator
    outside: OutsideJudges
    host: Host
    config: ClipsConfig
    done: int = 0
    total: int | None = None

    def expect(
        self, tasks: Mapping[Task, Sequence[DrivenClip]], frames: Mapping[int, Tensor]
    ) -> None:
        """Frames there will be, for the progress."""
        read = sum(len(members) for members in frames.values())
        self.total = read + sum(len(c.driving) for clips in tasks.values() for c in clips)

    def angles(self, members: Tensor) -> Tensor:
        """[F, 3] degrees, read in frames of the collection."""
        parts: list[Tensor] = []
        for index in members.split(self.config.batch_size):
            faces = self._faces(index)
            parts.append(self.estimator.look(faces.pictures, faces.landmarks).angles_deg.cpu())
            self._advance(len(index))
        return torch.cat(parts)

    def run(
        self, task: Task, driven: Sequence[DrivenClip], rows: Mapping[str, _Method]
    ) -> dict[str, Mapping[str, float | None]]:
        """Metric -> mean of each method."""
        # Only in self-reenactment is the driving frame what the result should look like.
        truthful = task == "self"
        scores = {
            row: ClipScores(self.outside, truthful=truthful, gaze=self.estimator.reads_gaze)
            for row in rows
        }
        for clip in driven:
            for start in range(0, len(clip.driving), self.config.batch_size):
                part = slice(start, start + self.config.batch_size)
                self._compare(clip.source[part], clip.driving[part], rows, scores)
            for score in scores.values():
                score.end_clip()
        return {row: score.means() for row, score in scores.items()}

    def _compare(
        self,
        source: Tensor,
        driving: Tensor,
        rows: Mapping[str, _Method],
        scores: Mapping[str, ClipScores],
    ) -> None:
        # One source drives a whole clip: it is encoded once.
        unique, place = torch.unique(source, return_inverse=True)
        first = self._faces(unique)
        codes = self.chain.source_codes(first.pictures, first.landmarks)
        sources = _Faces(first.pictures[place], first.landmarks[place])
        of_each = SourceCodes(codes.w_plus[place], codes.appearance[place])
        targets = self._faces(driving)
        pose = self.chain.pose(targets.pictures, targets.landmarks).features
        wanted = self.estimator.look(targets.pictures, targets.landmarks)
        person = self.estimator.look(first.pictures, first.landmarks).embedding[place]
        for row, method in rows.items():
            result = method(of_each, sources, pose)
            # The result shows the driving pose in the driving crop, so its landmarks lie there;
            # the copied source is the exception.
            where = sources.landmarks if row == "source" else targets.landmarks
            scores[row].add(
                Comparison(
                    result=result,
                    target=targets.pictures,
                    seen=self.estimator.look(result, where),
                    wanted=wanted,
                    person=person,
                )
            )
        self._advance(len(driving))

    def _faces(self, index: Tensor) -> _Faces:
        pictures = resize(self.clips.batch(index), self.side)
        landmarks = self.clips.landmarks[index] * (self.side / self.clips.size)
        device = self.host.device
        return _Faces(pictures.to(device), landmarks.to(device))

    def _advance(self, count: int) -> None:
        self.done += count
        self.host.check_interrupt()
        self.host.progress(self.done, self.total)
