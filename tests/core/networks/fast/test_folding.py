"""Folded networks give what the networks they were made of give, and read less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hyperreenact_core.networks.arcface import ArcFace, ArcFaceConfig
from hyperreenact_core.networks.deca import CodeSizes, PoseEncoder, PoseEncoderConfig
from hyperreenact_core.networks.e4e import E4E, E4EConfig
from hyperreenact_core.networks.fast.encoding import pose_maps
from hyperreenact_core.networks.fast.folding import RowProducts, fold_encoder, fold_hypernetwork
from hyperreenact_core.networks.hypernetwork import Hypernetwork, SharedWeightGenerator
from hyperreenact_core.networks.irse import IRSEConfig
from tests.core.networks.fast.small import HYPERNETWORK, maps

BODY = IRSEConfig(stem_channels=4, stages=((4, 1), (6, 1), (8, 2)), se_reduction=4)
POSE = PoseEncoderConfig(
    input_size=64,
    stem_channels=4,
    widths=(4, 4, 6, 8),
    depths=(1, 1, 1, 2),
    head_hidden=8,
    codes=CodeSizes(shape=3, texture=0, expression=4, global_pose=3, jaw_pose=0, camera=0, light=0),
)


class Reads(TorchDispatchMode):
    """Counts the operations that read a tensor's memory, views aside."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__()
        self._memory = tensor.untyped_storage().data_ptr()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        if not func.is_view and self._memory in self._addresses((args, kwargs)):
            self.count += 1
        return result

    @staticmethod
    def _addresses(values: object) -> set[int]:
        tensors = [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
        return {tensor.untyped_storage().data_ptr() for tensor in tensors}


@contextmanager
def reads_of(tensor: Tensor) -> Iterator[Reads]:
    with torch.inference_mode(), Reads(tensor) as reads:
        yield reads


def used(network: nn.Module) -> nn.Module:
    """With statistics and scales that are not those of a fresh one."""
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if "running_mean" in name or name.endswith("bias"):
            value.normal_(std=0.3)
        elif "running_var" in name:
            value.uniform_(0.5, 2.0)
        elif value.ndim == 1 and value.is_floating_point():
            value.mul_(1 + 0.3 * torch.randn_like(value))
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("rectifier", ["prelu", "leaky_relu"])
def test_an_appearance_network_keeps_its_map_and_embedding(rectifier: str) -> None:
    body = replace(BODY, rectifier=rectifier)
    plain = used(ArcFace(ArcFaceConfig(input_size=56, body=body, embedding_dim=5)))
    folded = fold_encoder(deepcopy(plain))
    faces = torch.randn(2, 3, 56, 56)
    torch.testing.assert_close(folded(faces).map, plain(faces).map, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(folded(faces).embedding, plain(faces).embedding)
    left = [m for m in folded.body.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(left) == len(folded.body), "one a unit: the one in front of its convolution"


def test_an_inversion_encoder_keeps_its_codes() -> None:
    config = E4EConfig(
        input_size=64,
        body=BODY,
        head_levels=(0, 1, 2),
        latent_dim=6,
        head_width=4,
        head_features=8,
    )
    plain = used(E4E(config))
    faces = torch.randn(2, 3, 64, 64)
    expected = plain(faces)
    torch.testing.assert_close(fold_encoder(plain)(faces), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("block", ["bottleneck", "basic"])
@torch.inference_mode()
def test_a_pose_encoder_has_no_batch_norm_left(block: str) -> None:
    plain = used(PoseEncoder(replace(POSE, block=block)))
    folded = fold_encoder(deepcopy(plain))
    faces = torch.rand(3, 3, 64, 64)
    expected = plain(faces)
    features = pose_maps(folded, faces)
    torch.testing.assert_close(features, expected.map, atol=1e-5, rtol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    codes = folded.codes(features)
    torch.testing.assert_close(codes.global_pose, expected.codes.global_pose)
    folded.encoder.to(torch.bfloat16)
    half = folded.codes(pose_maps(folded, faces))
    assert half.global_pose.dtype == torch.float32
    torch.testing.assert_close(half.global_pose, codes.global_pose, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("hidden", [3, 8, 9])
@torch.inference_mode()
def test_a_hypernetwork_keeps_its_deltas(hidden: int) -> None:
    torch.manual_seed(0)
    plain = used(Hypernetwork(replace(HYPERNETWORK, shared_hidden=hidden)))
    folded = fold_hypernetwork(deepcopy(plain))
    for actual, expected in zip(folded(*maps()), plain(*maps()), strict=True):
        assert (actual is None) == (expected is None)
        if actual is not None and expected is not None:
            torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-4)
    # Two narrow factors are smaller than their product.
    kind = SharedWeightGenerator if hidden == 3 else RowProducts
    assert isinstance(folded.shared_weight_hypernet, kind)
    size = sum(p.numel() for p in folded.parameters())
    assert size <= sum(p.numel() for p in plain.parameters())


@pytest.mark.parametrize("frames", [1, 2, 16])
def test_the_shared_weights_are_read_once_a_batch(frames: int) -> None:
    """Two layers share them here, seven in the published set."""
    appearance, pose = maps(frames)
    network = fold_hypernetwork(used(Hypernetwork(HYPERNETWORK)))
    shared = network.shared_weight_hypernet
    assert isinstance(shared, RowProducts)
    terms = network.source_terms(appearance[:1])
    with reads_of(shared.weight) as reads:
        network.deltas(terms, pose)
    assert reads.count == 1


@pytest.mark.parametrize("frames", [1, 16])
def test_a_layers_own_weights_are_read_once_a_batch(frames: int) -> None:
    appearance, pose = maps(frames)
    network = fold_hypernetwork(used(Hypernetwork(HYPERNETWORK)))
    terms = network.source_terms(appearance[:1])
    own = network.get_submodule("refinement_blocks.3.output")
    assert isinstance(own, RowProducts)
    with reads_of(own.weight) as reads:
        network.deltas(terms, pose)
    assert reads.count == 1


def test_the_counter_sees_every_layer_of_the_plain_network() -> None:
    """Each of the two layers alone, as the reference has it: the count above could fail."""
    network = used(Hypernetwork(HYPERNETWORK))
    shared = network.shared_weight_hypernet
    assert isinstance(shared, SharedWeightGenerator)
    codes = torch.randn(2, HYPERNETWORK.code_dim)
    with reads_of(shared.w2) as reads:
        for code in codes:
            shared(code[None])
    assert reads.count == 2
