"""Pictures of a figure with everything that is true about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .backgrounds import Background, draw_background, sample_background
from .camera import Camera, Framing, frame_face
from .expression import Expression
from .face import triple
from .figure import Figure, Posed, PosedPart, pose_figure
from .lens import Lens, sample_lens
from .light import DAYLIGHT, Light, sample_light
from .meshes import Floats
from .occluders import sample_occluder, sample_occluder_kind
from .parts import Label
from .performance import Performance, rotation
from .photograph import photograph
from .pieces import Piece, head_frame
from .skin import skin_colour
from .stage import Stage, Truth
from .worn import piece_parts

_NEAR = 0.012
"""A place this much deeper than what is drawn there (in decimetres) still counts as seen: less than
lids are thick. A point below the hairs of a brow counts as seen, too."""
_BELOW_BROWS = 0.03
_FAR = 1e4


@dataclass(frozen=True, eq=False)
class Scene:
    """What stays the same through a clip: light, surroundings, camera, and what is in the way.

    occluder_kind: of occluders.OCCLUDER_KINDS, empty where nothing is in the way.
    """

    light: Light = DAYLIGHT
    background: Background = field(default_factory=lambda: Background("backdrop", 0))
    lens: Lens = field(default_factory=Lens)
    framing: Framing = field(default_factory=Framing)
    occluder: tuple[Piece, ...] = ()
    occluder_kind: str = ""


@dataclass(frozen=True, eq=False)
class Shot:
    """A posed figure before a camera: what a picture is drawn from."""

    posed: Posed
    camera: Camera
    expression: Expression

    @property
    def parts(self) -> tuple[PosedPart, ...]:
        return self.posed.parts


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture and its truths, side S; xy in pixels, the first pixel spans 0 to 1.

    image: [S, S, 3] sRGB. coverage: [S, S] 0 to 255, how much of the pixel is not background.
    labels: [S, S] of Label. depth: [S, S] decimetres before the camera, inf on the background.
    points: [468, 3] xy of the mesh points (MediaPipe's numbering) and their depth before the eyes'
    middle, in pixels at the face's distance. visible: [468]. irises: [2, 2] xy.
    gaze: [2, 3] unit vectors in the world. rotation [3, 3], translation [3]: world = R @ rest + t.
    camera: [4, 4] clip space from world. expression: [52].
    """

    image: NDArray[np.uint8]
    coverage: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    depth: Floats
    points: Floats
    visible: NDArray[np.bool_]
    irises: Floats
    gaze: Floats
    rotation: Floats
    translation: Floats
    camera: Floats
    expression: Expression


@dataclass(frozen=True, eq=False)
class Flow:
    """Where the pixels of a picture lie in another picture of the same scene.

    offset: [S, S, 2] xy to add to a pixel's place, in pixels. hidden: [S, S] not seen there.
    """

    offset: Floats
    hidden: NDArray[np.bool_]


def sample_scene(
    rng: np.random.Generator,
    figure: Figure,
    framing: Framing,
    *,
    occluded: bool | None = None,
    pictures: Sequence[Path] = (),
) -> Scene:
    """A random scene; about one in eight has something before the face.

    pictures: files without people, which some scenes have for a background.
    """
    background = sample_background(rng, pictures=pictures)
    if occluded is None:
        occluded = bool(rng.random() < 0.12)
    frame = head_frame(figure.points, figure.parts[0].rest)
    kind = sample_occluder_kind(rng) if occluded else ""
    skin = _skin_of(figure)
    return Scene(
        light=sample_light(rng, draw_background(background, 16).mean((0, 1))),
        background=background,
        lens=sample_lens(rng),
        framing=framing,
        occluder=sample_occluder(rng, frame, skin=skin, kind=kind) if occluded else (),
        occluder_kind=kind,
    )


def _skin_of(figure: Figure) -> tuple[float, float, float]:
    return triple(skin_colour(figure.person.skin) ** 2.2)


def shoot(
    figure: Figure, performance: Performance, scene: Scene, *, camera: Camera | None = None
) -> Shot:
    """Pose a figure before the scene's camera, or before one that already stands."""
    turn = rotation(performance).astype(np.float32)
    posed = pose_figure(figure, performance.expression, turn)
    if camera is None:
        camera = frame_face(posed.points, scene.lens.distance, scene.framing)
    return Shot(posed, camera, performance.expression)


def develop(
    stage: Stage, shot: Shot, scene: Scene, rng: np.random.Generator, *, other: Shot | None = None
) -> tuple[Picture, Truth]:
    """Draw and photograph a shot; the truth says where its pixels lie in the shot `other`."""
    before = _in_the_way(scene)
    parts = [*shot.parts, *before]
    linear = stage.draw(parts, shot.camera, scene.light)
    truth = stage.measure(
        parts,
        shot.camera,
        other=None if other is None else [*_matching(other, shot), *before],
        other_camera=None if other is None else other.camera,
    )
    background = _background(scene.background, stage.size)
    focus = float(shot.camera.eye[2] - shot.posed.irises[:, 2].mean())
    image = photograph(linear, truth.depth, background, scene.lens, rng, focus=focus)
    coverage = (linear[..., 3].clip(0, 1) * 255).round().astype(np.uint8)
    return _picture(shot, stage.size, image, coverage, truth), truth


@lru_cache(2)
def _background(background: Background, size: int) -> Floats:
    """The surroundings, which a clip's pictures share."""
    return draw_background(background, size)


def flow_between(truth: Truth, other: Truth) -> Flow:
    """The flow from a picture to the other one that its truth was measured with."""
    size = len(truth.labels)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) + 0.5
    here = np.stack([columns, rows], -1)
    figure = truth.labels != Label.BACKGROUND
    offset = np.where(figure[..., None], truth.place - here, 0.0).astype(np.float32)
    own = np.where(figure, truth.other_depth, _FAR)
    return Flow(offset, ~_seen(here + offset, own, other.depth, near=_NEAR))


def _seen(xy: Floats, own: Floats, depth: Floats, *, near: float) -> NDArray[np.bool_]:
    """Whether places [..., 2] in pixels at their own depths [...] are seen in a picture's depth."""
    size = len(depth)
    # Of the four pixels around, the deepest: a border alone hides nothing.
    deep = cv2.dilate(np.where(np.isfinite(depth), depth, _FAR), np.ones((2, 2)))
    last = np.ceil(xy - 0.5).astype(np.int32).clip(0, size - 1)
    inside = ((xy >= 0) & (xy <= size)).all(-1)
    return inside & (own <= deep[last[..., 1], last[..., 0]] + near)


def _in_the_way(scene: Scene) -> list[PosedPart]:
    """Things that stand before the camera and do not turn with the head."""
    parts = piece_parts(scene.occluder, Label.OTHER)
    return [
        PosedPart(part, part.rest, part.topology.normals(part.rest), np.ones(len(part.rest), "f4"))
        for part in parts
    ]


def _matching(other: Shot, shot: Shot) -> list[PosedPart]:
    """The parts of the other shot that this one shows too, in its order."""
    of_part = {posed.part: posed for posed in other.parts}
    return [of_part.get(posed.part) or _carried(posed, shot, other) for posed in shot.parts]


def _carried(part: PosedPart, shot: Shot, other: Shot) -> PosedPart:
    """Teeth that are not drawn there: in that head where they are in this one."""
    at_rest = (part.vertices - shot.posed.translation) @ shot.posed.rotation
    there = at_rest @ other.posed.rotation.T + other.posed.translation
    return replace(part, vertices=there.astype(np.float32))


def _picture(
    shot: Shot,
    size: int,
    image: NDArray[np.uint8],
    coverage: NDArray[np.uint8],
    truth: Truth,
) -> Picture:
    posed, camera = shot.posed, shot.camera
    xy, depth = camera.project(posed.points, size)
    middle = float(camera.eye[2] - posed.irises[:, 2].mean())
    scale = size / 2 * float(camera.matrix[0, 0]) / middle  # pixels a decimetre at the eyes
    return Picture(
        image=image,
        coverage=coverage,
        labels=truth.labels,
        depth=truth.depth,
        points=np.c_[xy, (depth - middle) * scale].astype(np.float32),
        visible=_seen(xy, depth, truth.depth, near=_BELOW_BROWS),
        irises=camera.project(posed.irises, size)[0],
        gaze=posed.gaze.astype(np.float32),
        rotation=posed.rotation,
        translation=posed.translation,
        camera=camera.matrix.astype(np.float32),
        expression=shot.expression,
    )


def clip_of(figure: Figure, performances: Sequence[Performance], scene: Scene) -> list[Shot]:
    """Shots of a clip: the camera stands where the first performance framed the face."""
    first = shoot(figure, performances[0], scene)
    rest = [shoot(figure, later, scene, camera=first.camera) for later in performances[1:]]
    return [first, *rest]
