"""A face performs a pose track; where it is put, and what stays in front of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.networks.rotation import matrix_from_euler
from hyperreenact_core.reenact.detail.performance import Performance
from hyperreenact_core.reenact.motion.live import LiveMotion
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.perform import perform, source_of
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.placing import place_of, placed, portrait_behind
from hyperreenact_core.reenact.pose import poses_of_performance
from hyperreenact_core.reenact.posetrack import track_of
from hyperreenact_core.reenact.source import SourceFace, analyse_source
from hyperreenact_core.reenact.stages import invert_face
from tests.core.reenact.tiny import SIZE, picture, save_tiny_set

HOST = LocalHost(device="cpu")
PLAIN = ReenactOptions(detail=0, batch_size=2)
_PASTED = ReenactOptions(detail=0, paste_back=True, colour_match=False)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "told", told_states=True))


@pytest.fixture(scope="module")
def source(models: LoadedSet) -> SourceFace:
    return analyse_source(picture(width=120, height=100, seed=7), models, HOST)


def performed(*yaws: float) -> Performance:
    turn = torch.tensor(yaws)
    return Performance(matrix_from_euler(turn, 0 * turn, 0 * turn), torch.zeros(len(yaws), 52))


def test_a_track_is_drawn_as_its_poses_are(models: LoadedSet, source: SourceFace) -> None:
    performance = performed(-20.0, 0.0, 20.0)
    results = perform(source, track_of(performance), models, HOST, PLAIN)
    faces = torch.stack([result.face for result in results if result.face is not None])
    pose = poses_of_performance(performance)
    expected = Reenactor(models, HOST, options=PLAIN).draw(source.identity, pose)
    assert results.report.drawn == len(faces) == 3
    assert torch.allclose(faces, expected, atol=1e-4)


def test_motion_of_a_track_is_laid_on_the_source(models: LoadedSet, source: SourceFace) -> None:
    calm = ReenactOptions(size=64, motion=LiveMotion("relative", 0.0, 0.0))
    first, last = perform(source, track_of(performed(-20.0, 20.0)), models, HOST, calm)
    assert np.abs(first.image.astype(int) - last.image).max() <= 1


def test_an_identity_is_a_source_with_the_picture_it_keeps(
    models: LoadedSet, source: SourceFace
) -> None:
    identity = invert_face(source.crop, models, HOST, picture=source.picture)
    own = source_of(identity, models, HOST)
    assert torch.allclose(own.identity.w_plus, source.identity.w_plus, atol=1e-5)
    assert torch.allclose(own.crop.landmarks, source.crop.landmarks, atol=SIZE / 10)
    whole = ReenactOptions(detail=0, paste_back=True)
    (result,) = perform(own, track_of(performed(0.0)), models, HOST, whole)
    assert result.image.shape == own.picture.shape
    with pytest.raises(InputError, match="keeps no picture"):
        source_of(replace(identity, portrait=None), models, HOST)
    with pytest.raises(InputError, match="made with model set 'other'"):
        source_of(replace(identity, model_set="other"), models, HOST)


@pytest.mark.parametrize("turns", range(4))
def test_the_place_of_a_face_is_where_it_is_pasted(
    source: SourceFace, models: LoadedSet, turns: int
) -> None:
    turned = replace(source, turns=turns)
    given = turned.as_given(turned.picture)
    own = placed(turned, torch.ones(3, SIZE, SIZE), _PASTED, models)
    assert own.mask is not None
    assert own.image.shape == given.shape
    assert tuple(own.mask.shape) == given.shape[:2]
    rows, columns = (own.mask > 0.02).nonzero(as_tuple=True)
    x0, y0, x1, y1 = place_of(turned)
    edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert [float(edge) for edge in edges] == pytest.approx([x0, y0, x1, y1], abs=2.5)


@pytest.mark.parametrize("turns", [0, 1])
def test_what_is_in_front_lies_over_the_face_and_does_not_move_with_it(
    source: SourceFace, models: LoadedSet, turns: int
) -> None:
    turned = replace(source, turns=turns)
    given = turned.as_given(turned.picture)
    front = torch.zeros(given.shape[:2])
    front[40:60, 50:70] = 1
    behind = turned.behind(front)
    own = placed(behind, torch.ones(3, SIZE, SIZE), _PASTED, models)
    assert np.array_equal(own.image[40:60, 50:70], given[40:60, 50:70])
    assert own.mask is not None
    assert own.mask[40:60, 50:70].max() == 0
    bare, full = (portrait_behind(one, None).image for one in (behind, turned))
    changed = (bare != full).any(2)
    assert 0.02 < changed.mean() < 0.6
    with pytest.raises(InputError, match="give a mask of its size"):
        turned.behind(front[:50])
