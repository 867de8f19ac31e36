"""Fits and flows of people that the model was not made of, against what their pictures show."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hyperreenact_core.errors import InputError
from hyperreenact_core.heads.assets import Assets
from hyperreenact_core.heads.body import load_body
from hyperreenact_core.heads.camera import Framing
from hyperreenact_core.heads.expression import coefficients
from hyperreenact_core.heads.figure import Figure, make_figure
from hyperreenact_core.heads.lens import Lens
from hyperreenact_core.heads.parts import Label
from hyperreenact_core.heads.people import sample_person
from hyperreenact_core.heads.performance import Performance
from hyperreenact_core.heads.picture import Flow, Picture, Scene, clip_of, develop
from hyperreenact_core.heads.picture import flow_between as true_flow
from hyperreenact_core.heads.presets import PRESETS
from hyperreenact_core.heads.stage import Stage
from hyperreenact_core.heads.wardrobe import Wardrobe
from hyperreenact_core.reenact.detail.fit import HeadFit, fit_head
from hyperreenact_core.reenact.detail.flow import HeadFlow, draw_head, flow_between
from hyperreenact_core.reenact.detail.head_model import load_head_model
from hyperreenact_core.reenact.detail.pose import pose_head

from .heads import error, points_of

SIZE = 128
MODEL = load_head_model()
HELD_OUT = (910_000, 910_001, 910_002)
FACES = ("broad_smile", "surprise", "sadness")
MOUTH = 13
"""A mesh point."""


@pytest.fixture(scope="module")
def stage() -> Stage:
    try:
        return Stage(SIZE)
    except InputError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    try:
        wardrobe = Wardrobe(Assets())
        load_body()
    except InputError as missing:
        pytest.skip(str(missing))
    people = [sample_person(seed, wardrobe) for seed in HELD_OUT]
    bare = [replace(one, hat=None, glasses=None, mask=None) for one in people]
    return [make_figure(one, wardrobe) for one in bare]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two pictures of a person and the flow from the second to the first."""

    source: Picture
    result: Picture
    flow: Flow

    def fit(self, noise: float = 0.0) -> HeadFit:
        """The head of the source, from points that are off by so many pixels."""
        rng = np.random.default_rng(0)
        points = self.source.points[:, :2] + rng.normal(0, 1, (468, 2)) * noise
        return fit_head(MODEL, points, self.source.expression.astype(float), spread=noise + 0.1)

    def coarse(self, fit: HeadFit) -> HeadFlow:
        """The flow of the fitted head, moved as the person moved."""
        turn = (self.result.rotation @ self.source.rotation.T).astype(float)
        change = (self.result.expression - self.source.expression).astype(float)
        moved = pose_head(
            MODEL,
            fit,
            rotation=turn @ fit.rotation,
            coefficients=(fit.coefficients + change).clip(0, 1),
        )
        drawn = [draw_head(MODEL, p, side=SIZE, size=SIZE) for p in (moved, pose_head(MODEL, fit))]
        return flow_between(MODEL, *drawn)

    def error(self, fit: HeadFit, label: Label = Label.FACE) -> float:
        """Median error in pixels of the flow over what the source shows too."""
        off = np.linalg.norm(self.coarse(fit).offset - self.flow.offset, axis=2)
        return float(np.median(off[(self.result.labels == label) & ~self.flow.hidden]))


def pair(stage: Stage, figure: Figure, first: Performance, second: Performance) -> Pair:
    scene, rng = Scene(lens=Lens(distance=9.0), framing=Framing(2.0)), np.random.default_rng(0)
    shots = clip_of(figure, [first, second], scene)
    (source, before), (result, after) = (
        develop(stage, shot, scene, rng, other=other) for shot, other in (shots, shots[::-1])
    )
    return Pair(source, result, true_flow(after, before))


def performance(name: str = "", yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> Performance:
    face = coefficients(PRESETS[name] if name else {})
    return Performance(face, yaw_deg=yaw_deg, pitch_deg=pitch_deg, roll_deg=0.0)


@pytest.fixture(scope="module")
def expressions(stage: Stage, figures: list[Figure]) -> list[Pair]:
    """At rest, and with an expression."""
    rest = performance(yaw_deg=10)
    return [
        pair(stage, figure, rest, replace(performance(face), yaw_deg=10))
        for figure, face in zip(figures, FACES, strict=True)
    ]


@pytest.fixture(scope="module")
def turns(stage: Stage, figures: list[Figure]) -> list[Pair]:
    """Smiling, and turned by 20 degrees."""
    return [
        pair(stage, figure, performance("smile", yaw_deg=-8), performance("smile", 12, pitch))
        for figure, pitch in zip(figures, (0, 8, -8), strict=True)
    ]


def test_points_of_other_people_are_explained(expressions: list[Pair], turns: list[Pair]) -> None:
    for one in [*expressions, *turns]:
        fit = one.fit()
        assert fit.rms < 0.6
        assert error(points_of(fit), one.source.points[:, :2]) < 0.6


def test_noise_of_a_pixel_is_mostly_averaged_out(turns: list[Pair]) -> None:
    for one in turns:
        assert error(points_of(one.fit(1.0)), one.source.points[:, :2]) < 0.8
        assert error(points_of(one.fit(3.0)), one.source.points[:, :2]) < 1.8


def test_the_flow_of_an_expression_is_right(expressions: list[Pair]) -> None:
    for one in expressions:
        moving = np.linalg.norm(one.flow.offset, axis=2) > 1
        face = (one.result.labels == Label.FACE) & ~one.flow.hidden
        off = np.linalg.norm(one.coarse(one.fit()).offset - one.flow.offset, axis=2)
        assert (moving & face).sum() > 100
        assert np.median(off[face & moving]) < 1
        assert one.error(one.fit(1.0)) < 1


def test_the_flow_of_a_turn_is_right(turns: list[Pair]) -> None:
    for one in turns:
        motion = np.linalg.norm(one.flow.offset, axis=2)[one.result.labels == Label.FACE]
        assert np.median(motion) > 6
        assert one.error(one.fit()) < 1
        assert one.error(one.fit(1.0)) < 2
        assert one.error(one.fit(3.0)) < 3


def test_what_the_source_hides_is_mostly_found(turns: list[Pair]) -> None:
    for one in turns:
        flow = one.coarse(one.fit())
        skin = np.isin(one.result.labels, (Label.SKIN, Label.FACE)) & flow.face
        assert (flow.hidden == one.flow.hidden)[skin].mean() > 0.95


def test_hair_and_ears_go_with_the_head(turns: list[Pair]) -> None:
    for one in turns:
        off = np.linalg.norm(one.coarse(one.fit()).offset - one.flow.offset, axis=2)
        moved = np.linalg.norm(one.flow.offset, axis=2)
        for label in (Label.HAIR, Label.SKIN):
            seen = (one.result.labels == label) & ~one.flow.hidden
            seen[int(one.result.points[MOUTH, 1]) :] = False  # the neck turns less
            assert np.median(off[seen]) < 0.4 * np.median(moved[seen])


def test_the_face_drawn_lies_on_the_face_photographed(turns: list[Pair]) -> None:
    for one in turns:
        face = one.coarse(one.fit()).face
        assert face[one.result.labels == Label.FACE].mean() > 0.9
        on_head = ~np.isin(one.result.labels, (Label.BACKGROUND, Label.CLOTHES))
        assert on_head[face].mean() > 0.99
