"""Sizes and lengths of the starter set's training, for one CPU core and for a GPU of 80 GB."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ...networks.detail import DetailConfig
from ...networks.detector import SingleShotConfig
from ...networks.reader import ReaderConfig
from ..detail import smoke as detail_smoke
from ..detail.learner import DetailRecipe
from ..detail.run import RunSettings as DetailRun
from ..detector import smoke as detector_smoke
from ..detector.learner import DetectorRecipe
from ..detector.run import RunSettings as DetectorRun
from ..reader import smoke as reader_smoke
from ..reader.learner import ReaderRecipe
from ..reader.run import RunSettings as ReaderRun
from .e4e_stage import HeadsE4ETraining
from .hypernetwork_stage import HeadsHypernetworkTraining
from .judges import JudgeTraining
from .networks import Networks, starter_networks
from .portrait_stage import PortraitTraining

ProfileName = Literal["cpu", "gpu", "smoke"]


@dataclass(frozen=True)
class Profile:
    """people, held_out: to be rendered where no shards are given."""

    networks: Networks
    people: int
    held_out: int
    reader: ReaderRun
    detector: DetectorRun
    detail: DetailRun
    portrait: PortraitTraining
    portrait_steps: int
    e4e: HeadsE4ETraining
    e4e_steps: int
    hypernetwork: HeadsHypernetworkTraining
    judge_appearance: JudgeTraining
    judge_pose: JudgeTraining
    crop_scale: float = 0.9
    reader_config: ReaderConfig = field(default_factory=ReaderConfig)
    detector_config: SingleShotConfig = field(default_factory=SingleShotConfig)
    detail_config: DetailConfig = field(default_factory=DetailConfig)


PROFILES: dict[ProfileName, Profile] = {
    "cpu": Profile(
        networks=starter_networks(
            generator_channels=(192, 192, 192, 128, 64), body_widths=(32, 48, 96, 160)
        ),
        people=1900,
        held_out=48,
        reader=ReaderRun(minutes=330.0),
        detector=DetectorRun(minutes=120.0),
        detail=DetailRun(minutes=280.0),
        portrait=PortraitTraining(coarse_steps=1_200, regression_steps=8_300),
        portrait_steps=11_000,
        e4e=HeadsE4ETraining(latent_steps=500),
        e4e_steps=1_600,
        hypernetwork=HeadsHypernetworkTraining(style_steps=2_500, picture_steps=3_000),
        judge_appearance=JudgeTraining(steps=3_000),
        judge_pose=JudgeTraining(steps=3_000),
    ),
    # An evening: about half an hour each for reader and detector, an hour for the detail network,
    # the rest for the generator and what reads for it.
    "gpu": Profile(
        networks=starter_networks(
            generator_channels=(256, 256, 256, 128, 64), body_widths=(32, 64, 128, 192)
        ),
        people=12_000,
        held_out=96,
        reader=ReaderRun(minutes=40.0, recipe=ReaderRecipe(batch_size=128)),
        detector=DetectorRun(minutes=20.0, recipe=DetectorRecipe(batch_size=64)),
        detail=DetailRun(minutes=60.0, recipe=DetailRecipe(batch_size=32)),
        portrait=PortraitTraining(coarse_steps=3_000, regression_steps=60_000, batch_size=32),
        portrait_steps=80_000,
        e4e=HeadsE4ETraining(latent_steps=5_000, batch_size=64, image_batch_size=32),
        e4e_steps=20_000,
        hypernetwork=HeadsHypernetworkTraining(
            style_steps=20_000, picture_steps=40_000, batch_size=32, style_batch_size=128
        ),
        judge_appearance=JudgeTraining(steps=15_000, batch_size=128),
        judge_pose=JudgeTraining(steps=15_000, batch_size=128),
    ),
    "smoke": Profile(
        networks=starter_networks(
            generator_channels=(16, 16, 16, 8, 8),
            body_widths=(8, 8, 8, 16),
            judge_widths=(8, 8, 8, 8),
        ),
        people=4,
        held_out=2,
        reader=reader_smoke.SMOKE,
        detector=detector_smoke.SMOKE,
        detail=detail_smoke.SMOKE,
        portrait=PortraitTraining(coarse_steps=1, regression_steps=1, batch_size=4),
        portrait_steps=3,
        e4e=HeadsE4ETraining(latent_steps=1, batch_size=4, image_batch_size=2),
        e4e_steps=2,
        hypernetwork=HeadsHypernetworkTraining(
            style_steps=1, picture_steps=2, batch_size=4, style_batch_size=4
        ),
        judge_appearance=JudgeTraining(steps=2, batch_size=4),
        judge_pose=JudgeTraining(steps=2, batch_size=4),
        reader_config=reader_smoke.SMOKE_CONFIG,
        detector_config=detector_smoke.SMOKE_CONFIG,
        detail_config=detail_smoke.SMOKE_CONFIG,
    ),
}
