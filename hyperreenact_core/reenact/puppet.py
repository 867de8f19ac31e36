"""A pose track without a driving clip: the linear head is posed by numbers and looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import numpy as np
import torch

from ..errors import InputError
from ..face.align import crop_face
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..networks.reader_regions import IBUG68
from ..types import FaceCrop
from .detail.drawn import picture_of
from .detail.fit import HeadFit
from .detail.flow import draw_head
from .detail.head_model import POINTS, load_head_model
from .detail.paint import Paint
from .detail.performance import RATE, HeadState, Performance
from .detail.pose import pose_head
from .expression import AT_REST, Expression
from .keyframes import Keyframes, eased, parse_keys
from .knobs import PUPPET_LIMITS, Knob
from .pose import poses_of_performance
from .posetrack import PoseTrack, extract_poses
from .sliders import SLIDERS
from .views import crop_rule

_SIZE = 256
_SCALE = 62.0
"""Pixels a decimetre: all of the head is in the picture, and all of a face crop."""
_NEARNESS = 0.08
_PAINT = Paint(
    skin=(214, 168, 142),
    lip=(178, 98, 96),
    eye=(232, 230, 226),
    iris=(74, 56, 44),
    mouth=(74, 34, 36),
    tongue=(160, 84, 84),
    teeth=(236, 232, 224),
    hair=(72, 54, 44),
    nothing=(134, 148, 160),
)


@dataclass(frozen=True)
class PuppetPose:
    """What the sliders say: degrees, and shares as of `sliders.SLIDERS`."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    jaw: float = 0.0
    smile: float = 0.0
    frown: float = 0.0
    pucker: float = 0.0
    brows: float = 0.0
    furrow: float = 0.0
    blink: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0

    @property
    def state(self) -> HeadState:
        """The same as a state of any head."""
        both = {"brow": self.brows, "blink": self.blink}
        values = {f"{name}_{side}": v for name, v in both.items() for side in ("left", "right")}
        own = {name: value for name, value in vars(self).items() if name in SLIDERS}
        return Expression({**own, **values}).state(AT_REST)


def parse_keyframes(text: str) -> Keyframes:
    """Lines such as `24: yaw=-30 smile=0.8`, see `keyframes.parse_keys`."""
    return parse_keys(text, PUPPET_LIMITS, such_as="24: yaw=-30 smile=0.8")


def with_curve(
    keys: Keyframes, slider: str, curve: Callable[[float], float], *, frames: int
) -> Keyframes:
    """A curve moves one slider, instead of what the keyframes say of it.

    curve: from 0 at the first frame to 1 at the last; 0 is the slider's least value, 1 its
    greatest, and what is beyond them is held. InputError for a slider that there is not.
    """
    if slider not in PUPPET_LIMITS:
        raise InputError(f"a curve moves one of {', '.join(PUPPET_LIMITS)}, not {slider!r}")
    low, high = PUPPET_LIMITS[slider]
    drawn = {
        at: {slider: low + (high - low) * min(max(curve(at / max(frames - 1, 1)), 0.0), 1.0)}
        for at in range(frames)
    }
    others = {
        at: {name: value for name, value in values.items() if name != slider}
        for at, values in keys.items()
    }
    return {at: {**others.get(at, {}), **drawn.get(at, {})} for at in sorted({*others, *drawn})}


def puppet_motion(start: PuppetPose, keys: Keyframes, *, frames: int) -> list[PuppetPose]:
    """One pose a frame: each slider eases from key to key and rests before and after its keys.

    A slider that has no key stays as it is in `start`; InputError where that is out of range.
    """
    for name, value in vars(start).items():
        Knob(name, *PUPPET_LIMITS[name], default=0.0).check(value)
    columns: dict[str, list[float]] = {}
    for field in fields(PuppetPose):
        own = sorted(
            (at, values[field.name]) for at, values in keys.items() if field.name in values
        )
        if own:
            columns[field.name] = eased(frames, own)
    return [
        replace(start, **{name: column[at] for name, column in columns.items()})
        for at in range(frames)
    ]


def puppet_track(
    poses: Sequence[PuppetPose],
    models: LoadedSet,
    host: Host,
    *,
    batch_size: int,
    rate: Fraction | float = RATE,
) -> tuple[PoseTrack, list[ImageU8]]:
    """What the sliders ask of the set's networks, and pictures of the posed puppet [S, S, 3].

    A set that is told states is told them; the pose encoder of another set looks at the puppet.
    rate: frames a second.
    """
    is_told = models.settings.pose_input == "state"
    total = len(poses) if is_told else 2 * len(poses)
    crops: list[FaceCrop] = []
    for at, pose in enumerate(poses):
        host.check_interrupt()
        crops.append(puppet_crop(pose.state, models))
        host.progress(at + 1, total)
    pictures = [_picture(crop) for crop in crops]
    told = Performance.of([pose.state for pose in poses])
    performance = replace(told, time=torch.arange(len(poses)) / float(rate))
    if is_told:
        return PoseTrack(
            poses_of_performance(performance), models.folder.name, performance
        ), pictures
    track = extract_poses(crops, models, host, batch_size=batch_size, done_before=len(poses))
    return replace(track, performance=performance), pictures


def puppet_crop(state: HeadState, models: LoadedSet) -> FaceCrop:
    """The puppet in one state, cut out as the set wants its faces."""
    model = load_head_model()
    rest = HeadFit(
        shape=np.zeros(len(model.shapes)),
        coefficients=np.zeros(len(state.coefficients)),
        rotation=np.eye(3),
        centre=np.array([_SIZE / 2, _SIZE / 2]),
        scale=_SCALE,
        nearness=_NEARNESS,
        weights=np.ones(POINTS),
        rms=0.0,
    )
    posed = pose_head(model, rest, rotation=state.rotation, coefficients=state.coefficients)
    drawing = draw_head(model, posed, side=_SIZE, size=_SIZE)
    pivot = model.pivot(rest.shape)
    turned = (model.points(rest.shape, state.coefficients) - pivot) @ state.rotation.T + pivot
    landmarks = rest.project(turned)[list(IBUG68)].astype(np.float32)
    picture = picture_of(model, drawing, _PAINT, _SIZE)
    return crop_face(picture, torch.from_numpy(landmarks), crop_rule(models.settings))


def _picture(crop: FaceCrop) -> ImageU8:
    pixels = (crop.image.permute(1, 2, 0) + 1) * 127.5
    return pixels.round().clamp(0, 255).to(torch.uint8).numpy()
