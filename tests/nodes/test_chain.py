"""The nodes joined: results, shared networks, progress and cancelling."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch

from tests.core.reenact.tiny import SIZE
from tests.nodes.conftest import image
from tests.nodes.fake_host import FakePatcher, Interrupted
from tests.nodes.imported import Pack
from tests.nodes.runner import ALIGN, ALL_IN_ONE, STRENGTH, Runner


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


def test_the_chain_gives_what_the_single_node_gives(node: Runner):
    source, driving = image("f"), image("ff.ff")
    chain = node.chain(source, driving)
    images, report, boxes, masks, crops = node(
        "Reenact", models=node.models(), source=source, driving=driving, follow=True, **ALL_IN_ONE
    )
    assert chain.shape == images.shape == (5, SIZE, SIZE, 3)
    assert torch.allclose(chain, images, atol=0.51 / 255), "only rounded to whole steps"
    assert report.splitlines()[0] == "5 of 5 frames drawn, 1 without a face"
    assert boxes == [{"x": 0, "y": 0, "width": SIZE, "height": SIZE}]
    assert masks.tolist() == torch.ones(1, SIZE, SIZE).tolist()
    assert crops is images


def test_frames_are_drawn_and_differ(node: Runner):
    images = node.chain(image("f"), image("fff"))
    assert 0 <= images.min() < images.max() <= 1
    assert images.device.type == "cpu"
    assert not torch.equal(images[0], images[2])


def test_a_clip_in_chunks_gives_the_same_bits_as_in_one_piece(node: Runner):
    source, driving = image("f"), image("ffffffff")
    whole = node.chain(source, driving, follow=False)
    chunks = [node.chain(source, driving[i : i + 3], follow=False) for i in (0, 3, 6)]
    assert torch.equal(whole, torch.cat(chunks))


def test_each_network_is_loaded_and_handled_once(node: Runner):
    driving = image("ff")
    first, second = node.models(), node.models()
    for models in (first, second):
        node("ExtractPose", models=models, faces=node.faces(models, driving), batch_size=0)
    assert first.networks.pose is second.networks.pose
    assert first.handles.keys() == second.handles.keys()
    assert all(first.handles[key] is second.handles[key] for key in first.handles)


def test_one_call_loads_all_a_node_needs(node: Runner):
    node.chain(image("f"), image("f"))
    assert ["Hypernetwork", "Generator"] in node.pack.host.loads
    assert ["E4E", "ArcFace", "Generator"] in node.pack.host.loads


def test_nothing_outlives_the_node_outputs(node: Runner):
    """The host frees memory by dropping node outputs: then networks and handles must go too."""
    gc.collect()
    before = len(FakePatcher.alive)
    models = node.models()
    node.faces(models, image("f"))
    assert len(FakePatcher.alive) > before
    del models
    gc.collect()
    assert len(FakePatcher.alive) == before


def test_progress_counts_up_and_shows_pictures(node: Runner):
    node("Reenact", models=node.models(), source=image("f"), driving=image("ffff"), follow=True,
         **ALL_IN_ONE)  # fmt: skip
    steps = node.pack.host.steps
    assert [done for done, _, _ in steps] == [1, 2, 3, 4]
    assert {total for _, total, _ in steps} == {4}
    assert steps[0][2], "a preview with the first frame"


@pytest.mark.parametrize("name", ["Reenact", "AlignFace", "ExtractPose", "Synthesise"])
def test_cancel_stops_within_one_frame_and_the_next_run_works(node: Runner, name: str):
    models, clip = node.models(), image("ffffff")
    faces = node.faces(models, clip)
    latent, _ = node("Invert", models=models, faces=faces, index=0)
    poses, _ = node("ExtractPose", models=models, faces=faces, batch_size=0)
    (deltas,) = node("Hypernetwork", models=models, latent=latent, poses=poses, **STRENGTH)
    given: dict[str, Any] = {
        "Reenact": {
            "models": models,
            "source": clip,
            "driving": clip,
            "follow": True,
            **ALL_IN_ONE,
        },
        "AlignFace": {"models": models, "images": clip, **ALIGN},
        "ExtractPose": {"models": models, "faces": faces, "batch_size": 0},
        "Synthesise": {"latent": latent, "deltas": deltas, "truncation_psi": -1.0, "batch_size": 0},
    }[name]
    host = node.pack.host
    host.steps.clear()
    host.interrupt_after = 2
    with pytest.raises(Interrupted):
        node(name, **given)
    assert len(host.steps) == 2
    host.interrupt_after = None
    node(name, **given)


def test_strength_zero_leaves_the_generator_alone(node: Runner):
    models = node.models()
    faces = node.faces(models, image("f"))
    latent, reconstruction = node("Invert", models=models, faces=faces, index=0)
    poses, _ = node("ExtractPose", models=models, faces=faces, batch_size=0)
    none = dict.fromkeys(STRENGTH, 0.0)
    (deltas,) = node("Hypernetwork", models=models, latent=latent, poses=poses, **none)
    drawn = node("Synthesise", latent=latent, deltas=deltas, truncation_psi=-1.0, batch_size=0)[0]
    assert torch.allclose(drawn, reconstruction, atol=1e-5)
    mean = node("Synthesise", latent=latent, deltas=deltas, truncation_psi=0.0, batch_size=0)[0]
    assert not torch.allclose(drawn, mean, atol=1e-3)
