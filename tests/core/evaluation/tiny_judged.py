"""A model set of tiny random networks with judges, and a studio whose heads are patches."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from hyperreenact_core.cli import evaluate as command
from hyperreenact_core.evaluation.pairs import Scene
from hyperreenact_core.face.align import CropRule
from hyperreenact_core.imaging import ImageU8
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.kinds import NETWORKS, NetworkKind
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.networks.arcface import ArcFaceConfig
from hyperreenact_core.networks.deca import CodeSizes, PoseEncoderConfig
from hyperreenact_core.networks.e4e import E4EConfig
from hyperreenact_core.networks.hypernetwork import HypernetworkConfig, tuned_slots
from hyperreenact_core.networks.irse import IRSEConfig
from hyperreenact_core.networks.landmarks import LandmarkConfig
from hyperreenact_core.networks.stylegan2 import StyleGAN2Config, slots_of

SIZE = 32


def tiny_configs() -> dict[NetworkKind, object]:
    generator = StyleGAN2Config(
        resolution=SIZE, channels=(8, 8, 8, 8), latent_dim=8, z_dim=8, mapping_layers=1, noise=False
    )
    slots = slots_of(generator)
    body = IRSEConfig(stem_channels=4, stages=((4, 1), (8, 1), (8, 1)), se_reduction=2)
    # Inputs of 24 and 56 px give the maps of 3x3 and 7x7 the networks meet in.
    appearance = ArcFaceConfig(input_size=56, body=body, embedding_dim=8, dropout=0.0)
    pose = PoseEncoderConfig(
        input_size=56,
        block="basic",
        stem_channels=4,
        stem_kernel=3,
        stem_stride=1,
        stem_pool=False,
        widths=(4, 8, 8, 8),
        depths=(1, 1, 1, 1),
        head_hidden=8,
        codes=CodeSizes(
            shape=0, texture=0, expression=52, global_pose=3, jaw_pose=0, camera=0, light=0
        ),
    )
    return {
        "generator": generator,
        "e4e": E4EConfig(
            input_size=SIZE,
            body=body,
            head_levels=(0,) * 3 + (1,) * 3 + (2,) * (generator.n_latent - 6),
            latent_dim=8,
            head_width=8,
            head_features=8,
        ),
        "appearance": appearance,
        "pose": pose,
        "hypernetwork": HypernetworkConfig(
            pose_channels=pose.out_channels,
            channels=body.out_channels,
            slots=tuned_slots(slots),
            n_slots=len(slots),
            shared_width=8,
            shared_features=8,
            code_dim=8,
            shared_hidden=4,
            own_width=8,
            own_features=8,
        ),
        "landmarks": LandmarkConfig(
            input_size=32, widths=(4, 4, 4), depths=(0, 0, 1), vote_level=2, vote_width=4
        ),
        "judge_appearance": appearance,
        "judge_pose": pose,
    }


def enliven(kind: NetworkKind, network: nn.Module) -> None:
    """Fresh networks differ too little from picture to picture to be told apart."""
    with torch.no_grad():
        if kind == "e4e":
            for head in network.styles:
                head.linear.weight.mul_(30)
        if kind == "hypernetwork":
            network.shared_weight_hypernet.w1.mul_(100)


def save_judged_set(folder: Path) -> Path:
    """Write the set into `folder` and return it."""
    torch.manual_seed(0)
    for kind, config in tiny_configs().items():
        network = NETWORKS[kind].module(config)
        enliven(kind, network)
        save_network(
            folder / f"{kind}.safetensors", network, kind=kind, config=config, storage="float32"
        )
    save_settings(folder, settings())
    return folder


def patch_studio(scene: Scene, rule: CropRule) -> ImageU8:
    """Patches of colour that tell the person, on a wall, moved and lit as the head is."""
    moment, size = scene.moment, rule.size
    wall, skin = (np.random.default_rng(seed) for seed in (scene.surroundings, scene.person))
    picture = cv2.resize(wall.uniform(0, 120, (3, 3, 3)), (size, size))
    face = cv2.resize(skin.uniform(60, 255, (4, 4, 3)), (size, size))
    angle, moved = moment.roll_deg, (moment.yaw_deg, -moment.pitch_deg)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), angle, 0.6)
    turn[:, 2] += np.array(moved) * size / 400
    lit = face * (1 - 0.3 * moment.expression[24])
    shown = cv2.warpAffine(np.dstack([lit, np.ones((size, size))]), turn, (size, size))
    mixed = picture * (1 - shown[..., 3:]) + shown[..., :3]
    return mixed.clip(0, 255).astype(np.uint8)


def settings(**changes: str) -> SetSettings:
    fields = {
        "resolution": SIZE,
        "crop_scale": 0.85,
        "crop_whole_pixels": False,
        "appearance_input": "crop",
        "pose_input": "crop",
        "truncation_psi": 0.8,
    }
    return SetSettings(**{**fields, **changes})


def run_command(*arguments: str | Path) -> None:
    """`hyperreenact evaluate` with these arguments."""
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    args = parser.parse_args(["evaluate", *(str(argument) for argument in arguments)])
    args.run(args)
