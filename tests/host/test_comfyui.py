"""The pack in a real ComfyUI: what runs, what is kept, and what is refused."""

from __future__ import annotations

import json

import av
import pytest
from PIL import Image

from hyperreenact_core.video.labels import AI_COMMENT, AI_KEY
from tests.host.comfy import MARKS, ROOT, Comfy, messages
from tests.host.graphs import WORKFLOWS, graph, id_of, of_class, shipped

FROZEN = json.loads((ROOT / "tests" / "nodes" / "frozen_nodes.json").read_text("utf-8"))

pytestmark = MARKS


def test_all_nodes_are_listed_and_nothing_failed_to_import(comfy: Comfy):
    nodes = comfy.ask("/object_info")
    assert set(FROZEN) <= set(nodes)
    assert "IMPORT FAILED" not in comfy.log
    templates = comfy.ask("/api/workflow_templates")
    assert sorted(templates["hyperreenact"]) == WORKFLOWS


def test_seldom_used_inputs_are_folded_away(comfy: Comfy):
    nodes = comfy.ask("/object_info")
    for node, name in (("Reenact", "fine"), ("AlignFace", "follow"), ("AlignFace", "detector")):
        given = nodes[f"HyperReenact_{node}"]["input"]
        _, options = {**given["required"], **given.get("optional", {})}[name]
        assert options["advanced"] is True, (node, name)


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if "chunks" not in name])
def test_every_workflow_runs_to_the_end(comfy: Comfy, name: str):
    comfy.done(shipped(name))


def test_the_set_that_ships_draws_at_once(comfy: Comfy):
    comfy.done(graph("detailed", frames=3, side=256, models={"model_set": "starter"}))


def test_another_clip_does_not_invert_the_source_again(comfy: Comfy):
    prompt = shipped("2 Full chain")
    comfy.done(prompt)
    of_class(prompt, "SampleClip")["inputs"]["name"] = "talk"
    cached = messages(comfy.done(prompt))["execution_cached"]["nodes"]
    assert id_of(prompt, "Invert") in cached
    assert id_of(prompt, "ExtractPose") not in cached


def test_one_frame_and_four_channels_are_fine(comfy: Comfy):
    comfy.done(graph("drawn", frames=1))
    prompt = graph("reenacted", reenacted={"source": ["clear", 0], "driving": ["clear", 0]})
    mask = {"value": 0.5, "width": 96, "height": 96}
    prompt["mask"] = {"class_type": "SolidMask", "inputs": mask}
    joined = {"image": ["clip", 0], "alpha": ["mask", 0]}
    prompt["clear"] = {"class_type": "JoinImageWithAlpha", "inputs": joined}
    comfy.done(prompt)


def test_no_pictures_are_refused(comfy: Comfy):
    prompt = graph("reenacted", reenacted={"driving": ["none", 0]})
    prompt["none"] = {"class_type": "Test_NoPictures", "inputs": {}}
    node, said = comfy.failure(prompt)
    assert node == "HyperReenact_Reenact"
    assert said.startswith("driving is empty")


def test_pictures_without_a_face_are_refused(comfy: Comfy):
    prompt = graph("faces", faces={"images": ["black", 0]})
    black = {"width": 64, "height": 64, "batch_size": 2, "color": 0}
    prompt["black"] = {"class_type": "EmptyImage", "inputs": black}
    node, said = comfy.failure(prompt)
    assert node == "HyperReenact_AlignFace"
    assert said.startswith("none of the 2 frame(s) shows a face")


def test_pictures_of_another_size_are_refused(comfy: Comfy):
    prompt = graph("pasted", pasted={"frames": ["other", 0]})
    other = {"width": 64, "height": 80, "batch_size": 1, "color": 9}
    prompt["other"] = {"class_type": "EmptyImage", "inputs": other}
    node, said = comfy.failure(prompt)
    assert node == "HyperReenact_PasteBack"
    assert "96x96" in said
    assert "64x80" in said


def test_what_does_not_belong_together_cannot_be_linked(comfy: Comfy):
    said = comfy.refusal(graph("drawn", drawn={"latent": ["deltas", 0]}))
    assert "HYPERREENACT_DELTAS" in said
    assert "HYPERREENACT_LATENT" in said


@pytest.mark.parametrize(
    ("model_set", "message"), [("voxceleb-256", "is not installed"), ("nonsense", "not in")]
)
def test_a_missing_set_is_refused_with_advice(comfy: Comfy, model_set: str, message: str):
    assert message in comfy.refusal(graph("drawn", models={"model_set": model_set}))


def test_saved_pictures_and_videos_say_that_ai_made_them(comfy: Comfy):
    prompt = graph("drawn")
    prompt["show"] = {"class_type": "SaveImage", "inputs": {"images": ["drawn", 0]}}
    prompt["show"]["inputs"]["filename_prefix"] = "marked"
    video = {"images": ["drawn", 0], "fps": 25.0}
    prompt["video"] = {"class_type": "CreateVideo", "inputs": video}
    saved = {"video": ["video", 0], "filename_prefix": "marked", "format": "auto"}
    prompt["save"] = {"class_type": "SaveVideo", "inputs": {**saved, "codec": "auto"}}
    for again in range(2):  # the second time the faces come from the cache
        prompt["save"]["inputs"]["filename_prefix"] = f"marked/{again}"
        prompt["show"]["inputs"]["filename_prefix"] = f"marked/{again}"
        comfy.done(prompt)
        (clip,) = (comfy.base / "output" / "marked").glob(f"{again}_*.mp4")
        with av.open(str(clip)) as container:
            assert AI_COMMENT in container.metadata["comment"]
        for path in (comfy.base / "output" / "marked").glob(f"{again}_*.png"):
            with Image.open(path) as picture:
                assert picture.info[AI_KEY] == "true"


def test_the_server_lives_on_after_refusals(comfy: Comfy):
    comfy.failure(graph("faces", faces={"face": "number", "face_number": 99}))
    comfy.done(graph("drawn", frames=2))
    assert comfy.process.poll() is None
