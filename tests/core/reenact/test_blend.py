"""Two identities in one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hyperreenact_core.errors import InputError
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.reenact.blend import blend_identities
from hyperreenact_core.reenact.source import analyse_source
from hyperreenact_core.reenact.stages import InvertedFace, invert_face
from tests.core.reenact.tiny import picture, save_tiny_set

HOST = LocalHost(device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> LoadedSet:
    return LoadedSet(save_tiny_set(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(scope="module")
def pair(models: LoadedSet) -> tuple[InvertedFace, InvertedFace]:
    crops = [analyse_source(picture(seed=seed), models, HOST) for seed in (1, 2)]
    first, second = (invert_face(c.crop, models, HOST, picture=c.picture) for c in crops)
    return first, second


def test_the_ends_of_a_blend_are_the_two_people(
    models: LoadedSet, pair: tuple[InvertedFace, InvertedFace]
) -> None:
    for amount, person in zip((0.0, 1.0), pair, strict=True):
        blended = blend_identities(*pair, amount, models, HOST)
        for name, value in vars(person.identity).items():
            torch.testing.assert_close(getattr(blended.identity, name), value)
        torch.testing.assert_close(blended.reconstruction, person.reconstruction)
        assert blended.portrait is person.portrait


def test_a_blend_lies_between_and_keeps_the_picture_of_whom_more_is_taken(
    models: LoadedSet, pair: tuple[InvertedFace, InvertedFace]
) -> None:
    first, second = pair
    blended = blend_identities(first, second, 0.5, models, HOST)
    middle = (first.identity.w_plus + second.identity.w_plus) / 2
    torch.testing.assert_close(blended.identity.w_plus, middle)
    assert float(blended.identity.id_embedding.norm()) == pytest.approx(1.0)
    assert blended.portrait is first.portrait
    assert blend_identities(first, second, 0.6, models, HOST).portrait is second.portrait


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_what_cannot_be_blended_is_refused(
    models: LoadedSet, pair: tuple[InvertedFace, InvertedFace], amount: float
) -> None:
    first, second = pair
    with pytest.raises(InputError, match="amount must lie"):
        blend_identities(first, second, amount, models, HOST)
    with pytest.raises(InputError, match="the second identity was made with model set 'other'"):
        blend_identities(first, replace(second, model_set="other"), 0.5, models, HOST)
