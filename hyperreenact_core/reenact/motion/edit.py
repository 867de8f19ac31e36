"""Edits a performance: how much of it, from where, how steady and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...errors import InputError
from ...heads.expression import MIRROR
from ...imaging import smoothstep
from ..detail.performance import Performance
from ..knobs import (
    LOOP_BLEND,
    MOTION_FACTOR,
    MOTION_SECONDS,
    MOTION_SMOOTH,
    REGIONS,
    RELATIVES,
    Region,
    Relative,
)
from .factors import moved_beyond, turned_beyond
from .regions import columns_of
from .rest import neutral, one, reference_frame
from .smoothing import smooth
from .timing import between, frames_in, repeat, retime, trim


@dataclass(frozen=True)
class MotionEdit:
    """What is done to a performance, in this order whatever is asked for.

    start, frames: cut to so many frames from there on; 0 frames for all.
    smooth: steadied, see `smoothing.smooth`.
    mirror: left for right.
    relative: the change against a reference frame, laid on the source's own state; as
        `knobs.Relative`.
    head to jaw: factors of what the regions do beyond the source's own state: 0 leaves it as it
        is, 1 is as performed, more exaggerates.
    speed, length, seconds: faster, or one pass in so many frames or seconds, see `timing.retime`.
    ping_pong, loop, loop_blend: there and back; so often; over so many frames to either side of the
        seam its jump is evened out, see `timing.repeat`.
    blend_in, blend_out: frames over which it grows out of the source's own state, and back to it.
    """

    start: int = 0
    frames: int = 0
    smooth: float = MOTION_SMOOTH.default
    mirror: bool = False
    relative: Relative = "off"
    head: float = MOTION_FACTOR.default
    eyes: float = MOTION_FACTOR.default
    gaze: float = MOTION_FACTOR.default
    brows: float = MOTION_FACTOR.default
    mouth: float = MOTION_FACTOR.default
    jaw: float = MOTION_FACTOR.default
    speed: float = 1.0
    length: int = 0
    ping_pong: bool = False
    loop: int = 1
    blend_in: int = 0
    blend_out: int = 0
    seconds: float = MOTION_SECONDS.default
    loop_blend: int = int(LOOP_BLEND.default)

    def __post_init__(self) -> None:
        MOTION_SMOOTH.check(self.smooth)
        for region in REGIONS:
            replace(MOTION_FACTOR, name=region).check(self.factors[region])
        LOOP_BLEND.check(self.loop_blend)
        MOTION_SECONDS.check(self.seconds)
        if self.seconds and self.length:
            raise InputError("give the target length in frames or in seconds, not in both")
        if self.relative not in RELATIVES:
            raise InputError(f"relative is one of {', '.join(RELATIVES)}, not {self.relative!r}")
        if self.blend_in < 0 or self.blend_out < 0:
            raise InputError("frames to blend in and out must not be negative")

    @property
    def factors(self) -> Mapping[Region, float]:
        """Of the regions."""
        return {region: getattr(self, region) for region in REGIONS}


def edit_motion(
    performance: Performance, edit: MotionEdit, *, source: Performance | None = None
) -> Performance:
    """The performance as an edit wants it.

    source: one frame, the state of who is to perform it; a neutral face where it is None.
    InputError where nothing would be left.
    """
    rest = neutral() if source is None else source.take([0])
    own = trim(performance, edit.start, edit.frames)
    own = smooth(own, edit.smooth)
    own = mirrored(own) if edit.mirror else own
    own = _from_rest(own, rest, edit)
    length = frames_in(own, edit.seconds) if edit.seconds else edit.length
    own = retime(own, edit.speed, length)
    own = repeat(own, edit.loop, ping_pong=edit.ping_pong, blend=edit.loop_blend)
    return _blended(own, rest, edit)


def mirrored(performance: Performance) -> Performance:
    """As a mirror shows it: left for right."""
    flip = torch.tensor([-1.0, 1.0, 1.0])
    return replace(
        performance,
        rotation=flip[:, None] * performance.rotation * flip,
        coefficients=performance.coefficients[:, list(MIRROR)],
        gaze=performance.gaze.flip(1) * flip,
        place=performance.place * flip,
    )


def _from_rest(performance: Performance, rest: Performance, edit: MotionEdit) -> Performance:
    """Relative or not, each region so far from the source's own state as its factor says."""
    asked = edit.relative != "off"
    if not asked and set(edit.factors.values()) == {1.0}:
        return performance
    count = len(performance)
    at = reference_frame(performance, edit.relative)
    reference, own = one(performance, at, count), one(rest, 0, count)
    factors: dict[Region, Tensor] = {
        region: torch.full((count,), float(value)) for region, value in edit.factors.items()
    }
    if not asked:
        # The same with the source's own state as the reference.
        reference = replace(own, place=reference.place)
    return replace(
        performance,
        rotation=turned_beyond(
            own.rotation, reference.rotation, performance.rotation, factors["head"]
        ).float(),
        coefficients=moved_beyond(
            own.coefficients, reference.coefficients, performance.coefficients, columns_of(factors)
        ).clamp(0, 1),
        gaze=torch.nn.functional.normalize(
            moved_beyond(
                own.gaze, reference.gaze, performance.gaze, factors["gaze"][:, None, None]
            ),
            dim=2,
        ),
        place=reference.place.lerp(performance.place, factors["head"][:, None]),
    )


def _blended(performance: Performance, rest: Performance, edit: MotionEdit) -> Performance:
    """Out of the source's own state and back to it, smoothly."""
    if edit.blend_in == 0 and edit.blend_out == 0:
        return performance
    count = len(performance)
    at = torch.arange(count, dtype=torch.float64)
    share = torch.ones(count, dtype=torch.float64)
    for frames, way in ((edit.blend_in, at), (edit.blend_out, at.flip(0))):
        if frames:
            share = torch.minimum(share, smoothstep(way / frames))
    own = one(rest, 0, count)
    kept = {name: getattr(performance, name) for name in ("place", "confidence", "time")}
    return between(replace(own, **kept), performance, share)
