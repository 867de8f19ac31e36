"""Reads a face: mesh points with a spread each, rotation, the 52 coefficients and the gaze.

A first look at the whole crop finds everything; a second one, at squares round eyes and mouth at
the picture's full resolution, sees lids, brows and lips more closely.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..imaging import resize
from .efficientnet_lite import Body, BodyConfig, ConvNorm
from .layers import initialise_projection
from .reader_look import Look, LookConfig, SecondLook
from .reader_regions import (
    LEFT_EYE,
    LEFT_EYE_COLUMNS,
    MOUTH,
    MOUTH_COLUMNS,
    RIGHT_EYE,
    RIGHT_EYE_COLUMNS,
    Jitter,
    Place,
    place_region,
    shaken,
)
from .reader_votes import Votes

POINTS = 468
COEFFICIENTS = 52


@dataclass(frozen=True)
class ReaderConfig:
    """Sizes of a reader.

    size: side of the crop that the first look is trained on. fine: side of the same crop that the
    second look's squares are cut from. near: stages of the body that the second look begins with.
    width: channels of the map that points are read from; code: values of everything else.
    square: side of the second look's pictures; eye_reach, mouth_reach: see `place_region`.
    """

    size: int = 128
    fine: int = 192
    body: BodyConfig = field(default_factory=BodyConfig)
    near: int = 2
    width: int = 96
    code: int = 256
    look: LookConfig = field(default_factory=LookConfig)
    square: int = 64
    eye_reach: float = 0.62
    mouth_reach: float = 0.8


@dataclass(frozen=True)
class Reading:
    """What is known of one face a picture.

    Places: the crop's sides run from -1 to 1, x right, y down. Directions: x to the viewer's right,
    y up, z towards the viewer. Eyes: the one on the viewer's left first.
    points: [B, 468, 2] mesh points, MediaPipe's numbering. depth: [B, 468] behind the eyes' middle,
    in the same units. log_spread: [B, 468] natural logarithm of how far off the points are.
    rotation: [B, 3, 3] world = R @ head. coefficients: [B, 52] in 0..1. gaze: [B, 2, 3] unit
    vectors. irises: [B, 2, 2]. visible: [B, 468] logits. face: [B] logits that there is a face.
    """

    points: Tensor
    depth: Tensor
    log_spread: Tensor
    rotation: Tensor
    coefficients: Tensor
    gaze: Tensor
    irises: Tensor
    visible: Tensor
    face: Tensor


@dataclass(frozen=True)
class FirstLook:
    """A reading of the whole crop, and the code [B, code] it was made of."""

    reading: Reading
    code: Tensor


class Reader(nn.Module):
    """Picture [B, 3, S, S] RGB in [-1, 1], S a multiple of 32 from 128 to 192 -> Reading."""

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.body = Body(config.body)
        middle, coarse, last = config.body.widths
        self.from_middle = ConvNorm(middle, config.width, 2, stride=2, linear=True)
        self.from_coarse = ConvNorm(coarse, config.width, linear=True)
        self.from_last = ConvNorm(last, config.width, linear=True)
        self.votes = Votes(config.width, POINTS + 2, 3)  # the irises come last
        self.reduce = ConvNorm(config.width, 32)
        self.reduce_last = ConvNorm(last, 64)
        self.code = nn.Linear(32 * 64 + 64 * 16, config.code)
        self.out = nn.Linear(config.code, 2 * POINTS + 6 + 6 + 1)
        self.shape = nn.Linear(3 * len(_EXPRESSIVE), 128)
        self.coefficients = nn.Sequential(
            nn.Linear(config.code + 128, 128), nn.ReLU(), nn.Linear(128, COEFFICIENTS)
        )
        for layer in (self.out, self.coefficients[2]):
            assert isinstance(layer, nn.Linear)
            initialise_projection(layer, gain=0.1)
        with torch.no_grad():
            self.out.bias[:POINTS] = -2.0
            self.out.bias[2 * POINTS : 2 * POINTS + 6] = torch.tensor([1.0, 0, 0, 0, 1, 0])
            self.out.bias[2 * POINTS + 6 : 2 * POINTS + 12] = torch.tensor([0, 0, 1.0] * 2)
        # The two eyes are one network; what the first look tells it is not mirrored.
        self.tell = nn.Linear(config.code, 3 * config.look.context)
        near = config.body.stages[config.near - 1][4]
        self.eye = SecondLook(
            config.look,
            near,
            points=len(LEFT_EYE) + 1,
            columns=len(LEFT_EYE_COLUMNS),
            directions=3,
        )
        self.mouth = SecondLook(config.look, near, points=len(MOUTH), columns=len(MOUTH_COLUMNS))

    def forward(self, picture: Tensor, fine: Tensor | None = None) -> Reading:
        """fine: the same crop with more pixels, for the second look; [B, 3, F, F]."""
        first = self.first(picture)
        return self.second(picture if fine is None else fine, first)

    def first(self, picture: Tensor) -> FirstLook:
        """Look at the whole crop."""
        _check(picture)
        middle, coarse, last = self.body(picture)
        up = F.interpolate(self.from_last(last), size=coarse.shape[-2:], mode="nearest")
        merged = F.relu6(self.from_middle(middle) + self.from_coarse(coarse) + up)
        voted = self.votes(merged)  # [B, 470, 3]
        seen = F.adaptive_avg_pool2d(self.reduce(merged), 8).flatten(1)
        whole = F.adaptive_avg_pool2d(self.reduce_last(last), 4).flatten(1)
        code = F.relu(self.code(torch.cat([seen, whole], 1)))
        spread, visible, turn, gaze, face = self.out(code).split((POINTS, POINTS, 6, 6, 1), 1)
        points, depth = voted[:, :POINTS, :2], voted[:, :POINTS, 2]
        rotation = rotation_from_six(turn)
        shape = self.shape(at_rest(points, depth, rotation)[:, _EXPRESSIVE].flatten(1))
        reading = Reading(
            points=points,
            depth=depth,
            log_spread=spread,
            rotation=rotation,
            coefficients=_clamped(self.coefficients(torch.cat([code, F.relu(shape)], 1))),
            gaze=F.normalize(gaze.unflatten(1, (2, 3)), dim=-1),
            irises=voted[:, POINTS:, :2],
            visible=visible,
            face=face[:, 0],
        )
        return FirstLook(reading, code)

    def second(
        self,
        picture: Tensor,
        first: FirstLook,
        *,
        about: Reading | None = None,
        jitter: Jitter | None = None,
    ) -> Reading:
        """Look at eyes and mouth; picture: [B, 3, F, F], the first look's crop.

        about, jitter: what places the squares in training, instead of the first look's reading.
        """
        places = self.places(about or first.reading)
        if jitter is not None:
            places = tuple(shaken(place, jitter) for place in places)
        squares = torch.cat([place.cut(picture, self.config.square) for place in places])
        features = self.body.stem(squares)
        for stage in list(self.body.stages)[: self.config.near]:
            features = stage(features)
        batch = len(picture)
        told = torch.cat(self.tell(first.code).chunk(3, 1))
        eyes = self.eye(features[: 2 * batch], told[: 2 * batch])
        mouth = self.mouth(features[2 * batch :], told[2 * batch :])
        left, right = _half(eyes, slice(batch)), _half(eyes, slice(batch, None))
        return _joined(first.reading, places, (left, right, mouth))

    def places(self, reading: Reading) -> tuple[Place, Place, Place]:
        """Where the second look goes: left eye, right eye (mirrored), mouth."""
        c = self.config
        known = (reading.points.detach(), reading.depth.detach(), reading.rotation.detach())
        return (
            place_region(*known, LEFT_EYE, reach=c.eye_reach),
            place_region(*known, RIGHT_EYE, reach=c.eye_reach, mirrored=True),
            place_region(*known, MOUTH, reach=c.mouth_reach),
        )

    def start_at(self, points: Tensor) -> None:
        """Let a fresh network find this mean: [470, 3] x, y and depth, the irises last."""
        self.votes.start_at(points)
        mean = points.to(self.out.bias)[None]
        mesh, depth, upright = mean[:, :POINTS, :2], mean[:, :POINTS, 2], torch.eye(3)[None]
        c = self.config
        eye = place_region(mesh, depth, upright, LEFT_EYE, reach=c.eye_reach)
        mouth = place_region(mesh, depth, upright, MOUTH, reach=c.mouth_reach)
        self.eye.votes.start_at(eye.to_square(mean[:, [*LEFT_EYE, POINTS], :2])[0])
        self.mouth.votes.start_at(mouth.to_square(mesh[:, list(MOUTH)])[0])


_STEP, _LEAST_SIDE = 32, 64
"""Pixels that sides of pictures are multiples of, and the fewest of a side."""
_EXPRESSIVE = [*LEFT_EYE, *RIGHT_EYE, *MOUTH, 152, 148, 377, 205, 425, 98, 327, 4, 10, 132, 361]
"""Points that tell an expression, and some that hardly move."""
_COLUMNS = (LEFT_EYE_COLUMNS, RIGHT_EYE_COLUMNS, MOUTH_COLUMNS)


def at_rest(points: Tensor, depth: Tensor, rotation: Tensor) -> Tensor:
    """Points as the head itself sees them, of one size: [B, N, 3]; no gradient passes."""
    with torch.no_grad():
        x, y = points.unbind(-1)
        solid = torch.stack([x, -y, -depth], -1)
        solid = solid - solid.mean(1, keepdim=True)
        size = solid.square().sum(-1).mean(1).clamp_min(1e-6).sqrt()
        return solid @ rotation / size[:, None, None]


def rotation_from_six(six: Tensor) -> Tensor:
    """[B, 6] two rough axes -> rotations [B, 3, 3] whose first columns they are.

    Source: Zhou et al., "On the Continuity of Rotation Representations" (2019).
    """
    a, b = six[:, :3], six[:, 3:]
    a = F.normalize(a, dim=1)
    b = F.normalize(b - (a * b).sum(1, keepdim=True) * a, dim=1)
    return torch.stack([a, b, torch.linalg.cross(a, b)], 2)


def _joined(first: Reading, places: tuple[Place, ...], looks: tuple[Look, ...]) -> Reading:
    """The first look's reading with what the second look saw more closely."""
    points, spread = first.points.clone(), first.log_spread.clone()
    coefficients = first.coefficients.clone()
    regions = (LEFT_EYE, RIGHT_EYE, MOUTH)
    irises: list[Tensor] = []
    gaze: list[Tensor] = []
    for index, (place, look) in enumerate(zip(places, looks, strict=True)):
        region, count = list(regions[index]), len(regions[index])
        found = place.to_picture(look.points)
        points[:, region] = found[:, :count]
        spread[:, region] = look.log_spread[:, :count] + place.half.log()[:, None]
        columns = list(_COLUMNS[index])
        coefficients[:, columns] = coefficients[:, columns] + look.coefficients
        if index < 2:
            irises.append(found[:, count])
            gaze.append(place.turned(look.directions))
    return replace(
        first,
        points=points,
        log_spread=spread,
        coefficients=_clamped(coefficients),
        irises=torch.stack(irises, 1),
        gaze=F.normalize(first.gaze + torch.stack(gaze, 1), dim=-1),
    )


def _half(look: Look, rows: slice) -> Look:
    return Look(
        look.points[rows], look.log_spread[rows], look.coefficients[rows], look.directions[rows]
    )


def _clamped(coefficients: Tensor) -> Tensor:
    """In 0..1; the gradient passes, or what has once left the range would never come back."""
    return coefficients + (coefficients.clamp(0, 1) - coefficients).detach()


def read_crops(reader: Reader, crops: Tensor) -> Reading:
    """Read face crops [B, 3, S, S] of any size in one look each; gradients pass to the crops."""
    side = max(_LEAST_SIDE, round(crops.shape[-1] / _STEP) * _STEP)
    return reader(resize(crops, side).contiguous(memory_format=torch.channels_last))


def _check(picture: Tensor) -> None:
    b, c, height, width = picture.shape
    if c != 3 or height != width or height % _STEP or height < _LEAST_SIDE:
        raise ValueError(
            f"the reader reads pictures [B, 3, S, S], S a multiple of 32, got "
            f"{[b, c, height, width]}; resize the crop first"
        )
