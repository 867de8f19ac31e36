"""A pose track without a driving clip: a rendered head is posed by numbers and then looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction

import torch

from ..face.align import crop_face
from ..host import Host
from ..imaging import ImageU8
from ..models.sets import LoadedSet
from ..synthetic import parameters
from ..synthetic.camera import FaceFraming
from ..synthetic.parameters import Environment, Identity, Pose
from ..synthetic.renderer import render
from ..synthetic.sampling import sample_identity
from ..types import FaceCrop
from .detail.performance import RATE, HeadState, Performance
from .expression import AT_REST, Expression
from .keyframes import Keyframes, eased, parse_keys
from .knobs import PUPPET_LIMITS
from .pose import poses_of_performance
from .posetrack import PoseTrack, extract_poses
from .sliders import SLIDERS
from .views import crop_rule

PUPPET_SEED = 20
"""A head without glasses, beard or hair before its face."""

_MARGIN = 1.25
"""The head is drawn in a wider square than the crop, so that nothing is missing at its border."""
_SIZE = 256


@dataclass(frozen=True)
class PuppetPose:
    """What the sliders say. Degrees; the rest as in `synthetic.parameters.Expression`."""

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
    def head(self) -> Pose:
        return Pose(yaw_deg=self.yaw, pitch_deg=self.pitch, roll_deg=self.roll)

    @property
    def expression(self) -> parameters.Expression:
        return parameters.Expression(
            jaw=self.jaw,
            smile=self.smile,
            frown=self.frown,
            pucker=self.pucker,
            brow_left=self.brows,
            brow_right=self.brows,
            furrow=self.furrow,
            blink_left=self.blink,
            blink_right=self.blink,
            gaze_x=self.gaze_x,
            gaze_y=self.gaze_y,
        )

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


def puppet_motion(start: PuppetPose, keys: Keyframes, *, frames: int) -> list[PuppetPose]:
    """One pose a frame: each slider eases from key to key and rests before and after its keys.

    A slider that has no key stays as it is in `start`.
    """
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
    identity = neutral_head()
    crops: list[FaceCrop] = []
    for at, pose in enumerate(poses):
        host.check_interrupt()
        crops.append(puppet_crop(identity, pose, models))
        host.progress(at + 1, 2 * len(poses))
    pictures = [_picture(crop) for crop in crops]
    told = Performance.of([pose.state for pose in poses])
    performance = replace(told, time=torch.arange(len(poses)) / float(rate))
    if models.settings.pose_input == "state":
        return PoseTrack(
            poses_of_performance(performance), models.folder.name, performance
        ), pictures
    track = extract_poses(crops, models, host, batch_size=batch_size, done_before=len(poses))
    return replace(track, performance=performance), pictures


def neutral_head() -> Identity:
    """The person on the strings."""
    return replace(sample_identity(PUPPET_SEED), glasses=None)


def puppet_crop(identity: Identity, pose: PuppetPose, models: LoadedSet) -> FaceCrop:
    """The puppet in one pose, cut out as the set wants its faces."""
    rule = crop_rule(models.settings)
    framing = FaceFraming(scale=rule.scale * _MARGIN, up=1 / rule.up_divisor)
    drawn = render(identity, pose.expression, pose.head, Environment(), size=_SIZE, framing=framing)
    return crop_face(drawn.image, torch.from_numpy(drawn.landmarks), rule)


def _picture(crop: FaceCrop) -> ImageU8:
    pixels = (crop.image.permute(1, 2, 0) + 1) * 127.5
    return pixels.round().clamp(0, 255).to(torch.uint8).numpy()
