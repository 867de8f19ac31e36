"""The algorithm as the paper tells it, one step after the other: what the fast path must equal.

Nothing is kept from frame to frame, folded or put together: every frame runs the appearance
encoder on the source, every refinement block applies its own factors, and each delta is repeated
over the taps of the kernel it multiplies. The networks are those that are trained; their
parameters are read as they are.

Source: Bounareli et al., "HyperReenact" (2023), sections 3.1 and 3.2; Karras et al., "Analyzing
and Improving the Image Quality of StyleGAN" (2020), section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from ..types import WeightDeltas
from .arcface import ArcFace
from .deca import PoseEncoder
from .hypernetwork import Hypernetwork, OwnBlock, SharedBlock, SharedWeightGenerator
from .modulation import ModulatedConv, StyledConv, ToRGB
from .stylegan2 import Generator


@dataclass(frozen=True)
class ReferenceNetworks:
    """What takes part in every frame, float32, in evaluation mode."""

    appearance: ArcFace
    pose: PoseEncoder
    hypernetwork: Hypernetwork
    generator: Generator


def reenact(
    networks: ReferenceNetworks, *, source_face: Tensor, w_plus: Tensor, driving_face: Tensor
) -> Tensor:
    """The source in the pose of the driving face: [B, 3, R, R], about [-1, 1].

    source_face: what the appearance encoder reads, [B, 3, S, S] in [-1, 1].
    w_plus: the source's truncated codes, [B, n_latent, D].
    driving_face: what the pose encoder reads, [B, 3, S, S] in [0, 1].
    """
    appearance = networks.appearance(source_face).map
    pose = networks.pose(driving_face)
    deltas = weight_deltas(networks.hypernetwork, appearance, pose.map)
    return synthesise(networks.generator, w_plus, deltas)


def weight_deltas(network: Hypernetwork, appearance: Tensor, pose: Tensor) -> WeightDeltas:
    """Appearance and pose maps -> one entry a layer, [B, C_out, C_in]; None = not tuned."""
    fused = fuse(network, appearance, pose)
    entries: list[Tensor | None] = [None] * network.config.n_slots
    for index, block in network.refinement_blocks.items():
        entries[int(index)] = refine(block, fused)
    return tuple(entries)


def fuse(network: Hypernetwork, appearance: Tensor, pose: Tensor) -> Tensor:
    """Equation 1: gamma_a (x) f_a + beta_a + gamma_p (x) f_p + beta_p."""
    blend = network.blend_module
    return blend.spade_app(appearance) + blend.spade_pose(network.conv_transf(pose))


def refine(block: object, fused: Tensor) -> Tensor:
    """One refinement block: fused map [B, C, 7, 7] -> delta [B, C_out, C_in]."""
    if isinstance(block, OwnBlock):
        return block.output(block.convs(fused)).view(-1, *block.size)
    if not isinstance(block, SharedBlock):
        raise TypeError(f"{type(block).__name__} is no refinement block")
    code = block.linear(block.convs(fused).flatten(1))
    factors = block.get_submodule("hypernet")
    if not isinstance(factors, SharedWeightGenerator):
        raise TypeError("this network is folded; the reference reads it as it is trained")
    h = code @ factors.w2 + factors.b2
    return h.unflatten(1, (-1, factors.hidden)) @ factors.w1 + factors.b1


def synthesise(generator: Generator, w_plus: Tensor, deltas: WeightDeltas | None = None) -> Tensor:
    """W+ codes [B, n_latent, D] and deltas -> image [B, 3, R, R]."""
    x = generator.input.input.repeat(len(w_plus), 1, 1, 1)
    image: Tensor | None = None
    noises = iter(generator.noises.buffers())
    for slot, layer in zip(generator.slots, generator.layers(), strict=True):
        w, delta = w_plus[:, slot.code], None if deltas is None else deltas[slot.index]
        if isinstance(layer, ToRGB):
            image = to_rgb(layer, x, w, image)
        else:
            x = styled_convolution(layer, x, w, delta, next(noises, None))
    if image is None:
        raise ValueError("a generator without toRGB layers draws nothing")
    return image


def styled_convolution(
    layer: StyledConv, x: Tensor, w: Tensor, delta: Tensor | None, noise: Tensor | None
) -> Tensor:
    """Modulated convolution, noise, bias and leaky ReLU of gain sqrt(2)."""
    x = modulated_convolution(layer.conv, x, w, delta)
    if layer.noise is not None and noise is not None:
        x = x + layer.noise.weight * noise
    return F.leaky_relu(x + layer.activate.bias[:, None, None], 0.2) * sqrt(2)


def to_rgb(layer: ToRGB, x: Tensor, w: Tensor, image: Tensor | None) -> Tensor:
    """Colours of this size, added to the enlarged image so far."""
    rgb = modulated_convolution(layer.conv, x, w, None) + layer.bias
    rgb = F.pixel_shuffle(rgb, layer.sub_pixels)
    if image is None or layer.upsample is None:
        return rgb
    while image.shape[-1] < rgb.shape[-1]:
        image = filtered(image, layer.upsample.kernel, padding=layer.upsample.padding, up=2)
    return rgb + image


def modulated_convolution(
    conv: ModulatedConv, x: Tensor, w: Tensor, delta: Tensor | None
) -> Tensor:
    """Every sample by a kernel of its own: W * (1 + delta) * style, normalised; x [B, I, H, W]."""
    b, i, height, width = x.shape
    weight = conv.scale * conv.weight  # [1, O, I, k, k]
    if delta is not None:
        kernel_size = weight.shape[-1]
        repeated = delta[..., None, None].repeat(1, 1, 1, kernel_size, kernel_size)
        weight = weight * (1 + repeated)
    style = conv.modulation(w).view(b, 1, i, 1, 1)
    weight = weight * style  # [B, O, I, k, k]
    if conv.demodulate:
        norm = torch.rsqrt(weight.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        weight = weight * norm
    grouped = x.reshape(1, b * i, height, width)
    if conv.upsample == "transposed":
        kernels = rearrange(weight, "b o i h w -> (b i) o h w")
        y = F.conv_transpose2d(grouped, kernels, stride=2, groups=b)
        return filtered(y.unflatten(1, (b, -1))[0], conv.blur.kernel, padding=conv.blur.padding)
    y = F.conv2d(grouped, weight.flatten(0, 1), padding=conv.padding, groups=b)
    y = y.unflatten(1, (b, -1))[0]
    if conv.upsample == "bilinear":
        return F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
    return y


def filtered(x: Tensor, kernel: Tensor, *, padding: tuple[int, int], up: int = 1) -> Tensor:
    """Insert zeros behind each pixel, pad, and filter every channel as a picture of its own."""
    b, c, height, width = x.shape
    pictures = x.reshape(b * c, 1, height, 1, width, 1)
    spread = F.pad(pictures, (0, up - 1, 0, 0, 0, up - 1)).view(b * c, 1, up * height, up * width)
    before, after = padding
    y = F.conv2d(F.pad(spread, (before, after, before, after)), kernel.flip(0, 1)[None, None])
    return y.unflatten(0, (b, c))[:, :, 0]
