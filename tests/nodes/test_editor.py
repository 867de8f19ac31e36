"""Expression Editor, and the picture in it that follows its sliders."""

from __future__ import annotations

import asyncio
import gc
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.nodes.conftest import image
from tests.nodes.imported import ROOT, Pack
from tests.nodes.runner import Runner, refused

REST = {
    "preset": "neutral",
    "preset_amount": 1.0,
    "link": True,
    "paste_back": True,
    "face": "largest",
    "face_number": 0,
}


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


def edit(node: Runner, models: Any, source: torch.Tensor, **changes: Any) -> Any:
    cls = node.pack.classes["HyperReenact_ExpressionEditor"]
    return cls.execute(models=models, source=source, **{**REST, **changes})


def ask(node: Runner, *requests: object) -> list[Any]:
    """Answers to requests that are made at once."""

    async def all_at_once() -> list[Any]:
        live = node.pack.part("nodes.live").LivePreview()
        return list(await asyncio.gather(*(live.answer(request) for request in requests)))

    return asyncio.run(all_at_once())


def picture_in(answer: Any) -> np.ndarray:
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    return np.asarray(Image.open(io.BytesIO(answer.body))).astype(int)


def test_sliders_change_the_picture_and_give_a_track_of_one_frame(node: Runner):
    models, source = node.models(), image("f", side=96)
    node.pack.host.previews.clear()
    own, _ = edit(node, models, source).args
    done, track = edit(node, models, source, jaw=1.0, preset="smile").args
    assert own.shape == done.shape == source.shape
    assert float((own - done).abs().max()) > 0.05
    assert node.pack.host.previews == []
    assert len(track) == 1
    assert track.note == "squint=0.2 smile=0.7 jaw=1"
    (path,) = node("SavePoseTrack", poses=track, filename_prefix="hyperreenact/edited")
    assert path.endswith(".safetensors")


def test_the_face_alone_is_square(node: Runner):
    (done, _) = edit(node, node.models(), image("f", side=96), paste_back=False, smile=0.5).args
    assert done.shape[1] == done.shape[2] >= 256


def test_linked_sides_do_as_the_left_says(node: Runner):
    _, track = edit(node, node.models(), image("f"), blink_left=0.5, blink_right=1.0).args
    assert track.note == "blink_left=0.5 blink_right=0.5"
    _, track = edit(node, node.models(), image("f"), blink_right=1.0, link=False).args
    assert track.note == "blink_right=1"


def test_a_source_without_a_face_is_named(node: Runner):
    with refused(node.pack, "source shows no face"):
        edit(node, node.models(), image("."))


def test_the_page_gets_pictures_of_the_last_run(node: Runner):
    models = node.models()
    (key,) = edit(node, models, image("f")).ui["editor"]
    (again,) = edit(node, models, image("f"), smile=0.4).ui["editor"]
    assert again == key
    (plain,) = ask(node, {"editor": key, "sliders": {}})
    (open_,) = ask(node, {"editor": key, "sliders": {"jaw": 1}, "preset": "smile", "link": True})
    assert picture_in(plain).shape == (512, 512, 3)
    assert np.abs(picture_in(plain) - picture_in(open_)).max() > 20


def test_one_picture_at_a_time_and_of_those_that_wait_the_newest(node: Runner):
    models = node.models()
    (key,) = edit(node, models, image("f")).ui["editor"]
    answers = ask(node, *({"editor": key, "sliders": {"jaw": at / 5}} for at in range(6)))
    assert [answer.status for answer in answers] == [200, 204, 204, 204, 204, 200]


def test_a_face_does_not_wait_for_the_requests_of_another(node: Runner):
    models = node.models()
    first, second = (edit(node, models, face[None]).ui["editor"][0] for face in image("ff"))
    answers = ask(node, *({"editor": key, "sliders": {}} for key in (first, first, second)))
    assert [answer.status for answer in answers] == [200, 200, 200]


def test_a_moving_slider_gets_a_draft_of_the_same_size(node: Runner, monkeypatch: Any):
    models = node.models()
    (key,) = edit(node, models, image("f")).ui["editor"]
    seen: list[int] = []
    network = type(models.networks.detail)
    forward = network.forward

    def told(self: Any, inputs: Any) -> Any:
        seen.append(inputs.source.shape[-1])
        return forward(self, inputs)

    monkeypatch.setattr(network, "forward", told)
    request = {"editor": key, "sliders": {"jaw": 1}}
    draft, whole = ask(node, {**request, "moving": True})[0], ask(node, request)[0]
    assert picture_in(draft).shape == picture_in(whole).shape == (512, 512, 3)
    assert seen[1] > seen[0]
    assert np.abs(picture_in(draft) - picture_in(whole)).mean() < 4


def test_bad_requests_are_answered_with_what_is_wrong(node: Runner):
    models = node.models()
    (key,) = edit(node, models, image("f")).ui["editor"]
    good: dict[str, Any] = {"editor": key, "sliders": {}}
    bad: list[tuple[object, str]] = [
        ([], "no sliders"),
        ({"editor": key}, "no sliders"),
        ({**good, "sliders": {"smlie": 1}}, "did you mean smile"),
        ({**good, "sliders": {"smile": 7}}, "smile must lie"),
        ({**good, "sliders": {"smile": [1]}}, "smile must lie"),
        ({**good, "preset": "nonsense"}, "no preset"),
        ({**good, "preset_amount": "much"}, "could not convert"),
        ({**good, "preset_amount": None}, "NoneType"),
        ({**good, "preset_amount": float("nan"), "preset": "smile"}, "must lie"),
    ]
    for request, message in bad:
        (answer,) = ask(node, request)
        assert answer.status == 400, request
        assert message in answer.body.decode()


def test_a_face_is_kept_as_long_as_its_models(node: Runner):
    models = node.models()
    (key,) = edit(node, models, image("f")).ui["editor"]
    for count in range(5):
        edit(node, models, image("f" * (count + 2))[count + 1 :])
    assert len(models.editors) == 4
    (answer,) = ask(node, {"editor": key, "sliders": {}})
    assert answer.status == 404
    assert b"run the graph once" in answer.body
    (last,) = edit(node, models, image("f")).ui["editor"]
    del models
    gc.collect()
    (answer,) = ask(node, {"editor": last, "sliders": {}})
    assert answer.status == 404


def test_the_server_answers_where_the_page_asks(pack: Pack):
    script = (ROOT / "web" / "live.js").read_text("utf-8")
    (route,) = pack.host.posts
    assert f'"{route}"' in script


def test_the_page_knows_which_numbers_are_no_sliders(pack: Pack):
    script = (ROOT / "web" / "live.js").read_text("utf-8")
    sliders = pack.part("hyperreenact_core.reenact.sliders").SLIDERS
    schema = pack.classes["HyperReenact_ExpressionEditor"].define_schema()
    numbers = [i.id for i in schema.inputs if i.io_type in ("FLOAT", "INT")]
    others = ", ".join(f'"{name}"' for name in numbers if name not in sliders)
    assert f"NO_SLIDERS = [{others}]" in script
