"""What each node does, alone and with input that is not what it should be."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from hyperreenact_core.networks.reader_regions import IBUG68
from tests.core.face import fake_insight
from tests.core.reenact.tiny import SIZE, face_points
from tests.nodes.conftest import image
from tests.nodes.fake_host import Interrupted
from tests.nodes.imported import Pack
from tests.nodes.runner import ALIGN, ALL_IN_ONE, STRENGTH, Runner, refused


@pytest.fixture
def node(pack: Pack) -> Runner:
    return Runner(pack)


def test_four_channels_one_frame_and_other_sizes_are_fine(node: Runner):
    plain = image("f")
    clear = torch.cat([plain, torch.ones_like(plain[..., :1])], dim=-1)
    expected = node.chain(plain, image("f", side=96))
    assert torch.equal(node.chain(clear, image("f", side=96)), expected)
    assert expected.shape[0] == 1


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(0, 64, 64, 3), "images is empty"),
        (torch.zeros(1, 64, 64, 1), "3 or 4 channels"),
        (None, "must be an IMAGE"),
        (torch.zeros(2, 64, 64, 3), "none of the 2 frame"),
    ],
)
def test_what_is_no_picture_of_a_face_is_refused(node: Runner, images: Any, message: str):
    with refused(node.pack, message):
        node.faces(node.models(), images)


def test_frames_without_a_face(node: Runner):
    models, clip = node.models(), image(".ff.f")
    assert len(node.faces(models, clip)) == 5
    assert [face.held for face in node.faces(models, clip).faces] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert [face.frame for face in node.faces(models, clip, no_face="skip").faces] == [1, 2, 4]
    with refused(node.pack, "frame 0: no face"):
        node.faces(models, clip, no_face="error")


def test_align_shows_what_it_found(node: Runner):
    faces, crops, masks, preview, report, frame_masks, boxes = node(
        "AlignFace", models=node.models(), images=image("f.f", side=96), **ALIGN
    )
    assert crops.shape == (3, SIZE, SIZE, 3)
    assert masks.shape == (3, SIZE, SIZE)
    assert 0.1 < masks.mean() < 0.9
    assert preview.shape == (3, 96, 96, 3)
    assert report.startswith("2 of 3 frame(s) show a face, 1 take another frame's; jitter ")
    assert (faces.width, faces.height) == (96, 96)
    assert frame_masks.shape == (3, 96, 96)
    ((box,), _, _) = boxes
    rows, columns = frame_masks[0].nonzero(as_tuple=True)
    assert box["y"] <= rows.min() <= rows.max() <= box["y"] + box["height"]
    assert box["x"] <= columns.min() <= columns.max() <= box["x"] + box["width"]
    assert rows.max() - rows.min() > box["height"] / 3


def test_the_hosts_own_landmarks_and_boxes_stand_in_for_the_detector(node: Runner):
    models, clip = node.models(), image("..", side=100)
    mesh = np.zeros((478, 2), np.float32)
    mesh[list(IBUG68)] = (face_points() * 100).numpy()
    payload = {"frames": [[{"landmarks_xy": mesh}]] * 2, "image_size": (100, 100)}
    faces = node.faces(models, clip, face_landmarks=payload)
    found = faces.crop_at(1)
    landmarks = found.frame_from_crop[:2, :2].float() @ found.landmarks.T
    landmarks = landmarks.T + found.frame_from_crop[:2, 2].float()
    assert torch.allclose(landmarks, face_points() * 100, atol=0.01)

    box = {"x": 20, "y": 20, "width": 60, "height": 60}
    for boxes in (box, [box], [[box], [box]]):
        assert len(node.faces(models, image("ff"), bboxes=boxes)) == 2
    with refused(node.pack, "fewer frames"):
        node.faces(models, image("fff"), bboxes=[[box], [box]])
    with refused(node.pack, "x, y, width and height"):
        node.faces(models, clip, bboxes=[{"x": 1}])


def test_insightface_may_find_the_faces(
    node: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    clip, folders = image("..", side=100), node.pack.part("nodes.model_sets").folder_paths
    monkeypatch.setattr(folders, "models_dir", str(tmp_path))
    fake_insight.uninstall(monkeypatch)
    with refused(node.pack, "pip install insightface.*models/buffalo_l; .* non-commercial"):
        node.faces(node.models(), clip, detector="insightface")
    made = fake_insight.install(
        monkeypatch, lambda _: face_points().numpy() * 100, root=tmp_path / "insightface"
    )
    faces = node.faces(node.models(), clip, detector="insightface")
    assert not any(face.held for face in faces.faces)
    options = {**ALL_IN_ONE, "no_face": "error", "follow": True, "detector": "insightface"}
    node("Reenact", models=node.models(), source=clip[:1], driving=clip, **options)
    assert [use["root"] for use in made] == [str(tmp_path / "insightface")] * 2


def test_cancelling_stops_between_two_previews(node: Runner, monkeypatch: pytest.MonkeyPatch):
    host, draw = node.pack.host, node.pack.part("hyperreenact_core.face.draw")
    given = {"models": node.models(), "images": image("fff")}
    for name in ("face_mask", "draw_face"):
        done: list[str] = []

        def cancelled(*_: Any, seen: list[str] = done, drawn: Any, **__: Any) -> Any:
            seen.append("")
            host.interrupt_after = 0
            return drawn

        drawn = torch.zeros(8, 8) if name == "face_mask" else np.zeros((8, 8, 3), np.uint8)
        host.interrupt_after = None
        monkeypatch.setattr(draw, name, partial(cancelled, drawn=drawn))
        with pytest.raises(Interrupted):
            node("AlignFace", **given, **ALIGN)
        monkeypatch.undo()
        assert len(done) == 1, name


def test_identities_and_performances_survive_their_files(node: Runner):
    models = node.models()
    faces = node.faces(models, image("fff"))
    latent, reconstruction = node("Invert", models=models, faces=faces, index=1)
    poses, plot = node("ExtractPose", models=models, faces=faces, batch_size=0)
    (first,) = node("SaveIdentity", latent=latent, filename_prefix="hyperreenact/someone")
    (second,) = node("SavePoseTrack", poses=poses, filename_prefix="hyperreenact/moves")
    names = [f"hyperreenact/{Path(path).name} [output]" for path in (first, second)]
    loaded, shown = node("LoadIdentity", file=names[0])
    track, plotted = node("LoadPoseTrack", file=names[1])
    assert torch.equal(loaded.identity.w_plus, latent.identity.w_plus)
    assert torch.equal(shown, reconstruction)
    assert torch.equal(track.pose.features, poses.pose.features)
    assert torch.equal(plotted, plot)
    with refused(node.pack, "holds hyperreenact-poses/2, not hyperreenact-identity/1"):
        node("LoadIdentity", file=names[1])
    missing = node.pack.classes["HyperReenact_LoadIdentity"].validate_inputs(file="no.safetensors")
    assert "No such file" in missing


def test_the_hosts_landmarks_tell_the_performance(node: Runner):
    models = node.models()
    given = {"models": models, "faces": node.faces(models, image("ff")), "batch_size": 0}
    mesh = node.pack.part("hyperreenact_core.reenact.detail.head_model").load_head_model()
    xy = mesh.point_mean[:, :2] * (12, -12) + 32
    face = {"landmarks_xy": xy, "blendshapes": {"jawOpen": 0.75}}
    payload = {"image_size": (64, 64), "frames": [[face], [face]]}
    poses, _ = node("ExtractPose", face_landmarks=payload, **given)
    jaw = 24
    assert poses.performance.coefficients[:, jaw].tolist() == [0.75, 0.75]
    with refused(node.pack, "landmarks for 1 pictures"):
        node("ExtractPose", face_landmarks={**payload, "frames": [[face]]}, **given)


def test_performances_go_out_and_in_as_csv(node: Runner):
    models = node.models()
    faces = node.faces(models, image("f.f"))
    poses, _ = node("ExtractPose", models=models, faces=faces, batch_size=0, fps=50.0)
    latent, _ = node("Invert", models=models, faces=faces, index=0, picture=image("f"))
    for layout in ("csv", "live link face csv"):
        given = {"filename_prefix": "hyperreenact/moves", "format": layout}
        (path,) = node("SavePoseTrack", poses=poses, **given)
        assert path.endswith(".csv")
        name = f"hyperreenact/{Path(path).name} [output]"
        loader = node.pack.classes["HyperReenact_LoadPoseTrack"]
        assert name in loader.define_schema().inputs[0].options
        track, plot = node("LoadPoseTrack", file=name)
        assert plot.shape[0] == 1
        performed = track.performance
        assert torch.allclose(performed.rotation, poses.performance.rotation, atol=1e-3)
        assert performed.time.tolist() == pytest.approx([0, 0.02, 0.04], abs=1e-4)
    detail = {"models": models, "latent": latent, "poses": track, "size": 64, "batch_size": 0}
    images, report = node("DetailTransfer", detail=1.0, **detail)
    assert images.shape == (3, 64, 64, 3)
    assert "came from the source" in report
    with refused(node.pack, "give the images"):
        node("DetailTransfer", detail=0.5, **detail)
    with refused(node.pack, "Detail Transfer without images"):
        node("Hypernetwork", models=models, latent=latent, poses=track, **STRENGTH)


def test_parts_of_two_sets_do_not_mix(node: Runner):
    models = node.models()
    faces = node.faces(models, image("f"))
    latent, _ = node("Invert", models=models, faces=faces, index=0)
    poses, _ = node("ExtractPose", models=models, faces=faces, batch_size=0)
    with refused(node.pack, "made with model set 'other'"):
        other = replace(latent, model_set="other")
        node("Hypernetwork", models=models, latent=other, poses=poses, **STRENGTH)
    with refused(node.pack, "face number 7"):
        node("Invert", models=models, faces=faces, index=7)


def test_a_puppet_moves_by_keyframes(node: Runner):
    sliders = dict.fromkeys(node.pack.part("hyperreenact_core.reenact.puppet").PUPPET_LIMITS, 0.0)
    given = {"models": node.models(), "batch_size": 0, **sliders}
    poses, puppet, plot = node(
        "PuppetPose", frames=3, keyframes="0: yaw=-30\n2: yaw=30 smile=1", **given
    )
    assert len(poses) == len(puppet) == 3
    assert not torch.equal(puppet[0], puppet[2])
    assert plot.shape[0] == 1
    for text, message in [("x", "line 1"), ("0: yaw=99", "yaw must lie"), ("0: nod=1", "'nod'")]:
        with refused(node.pack, message):
            node("PuppetPose", frames=1, keyframes=text, **given)


def test_a_curve_of_the_host_moves_one_slider_of_the_puppet(node: Runner):
    sliders = dict.fromkeys(node.pack.part("hyperreenact_core.reenact.puppet").PUPPET_LIMITS, 0.0)
    given = {"models": node.models(), "batch_size": 0, "keyframes": "", "frames": 3, **sliders}
    curve = SimpleNamespace(interp=lambda at: at)  # as the host's CurveInput
    _, still, _ = node("PuppetPose", **given)
    _, moved, _ = node("PuppetPose", curve=curve, curve_moves="roll", **given)
    assert torch.equal(moved[1], still[1]), "halfway up is the middle of the range"
    assert not torch.equal(moved[0], still[0])
    assert not torch.equal(moved[0], moved[2])


def test_a_quality_report_tells_good_from_bad(node: Runner):
    models, clip = node.models(), image("ff")
    faces, crops = node("AlignFace", models=models, images=clip, **ALIGN)[:2]
    source = node.faces(models, clip[:1])
    given = {"models": models, "source_faces": source, "driving_faces": faces}
    plot, text, identity = node("QualityReport", images=crops, **given)
    assert "own encoders" in text
    assert identity > 0.9
    assert plot.shape[0] == 1
    _, noisy, _ = node("QualityReport", images=torch.rand_like(crops), **given)
    assert "head pose error: mean 0.00" in text
    assert "head pose error: mean 0.00" not in noisy
    with refused(node.pack, "one driving face for every result"):
        node("QualityReport", images=crops[:1], **given)


def test_paste_back_changes_the_face_and_nothing_else(node: Runner):
    models, frames = node.models(), image("ff", side=96)
    faces = node.faces(models, frames)
    black = torch.zeros(2, 2 * SIZE, 2 * SIZE, 3)
    middle = torch.zeros(2, SIZE, SIZE)
    middle[:, 8:-8, 8:-8] = 1
    given = {"frames": frames, "faces": faces, "feather": 0.1, "colour_match": False}
    given["mask"] = middle
    composite, mask = node("PasteBack", images=black, **given)
    assert composite.shape == frames.shape
    assert mask.shape == (2, 96, 96)
    outside = mask == 0
    assert outside.any()
    assert torch.allclose(composite[outside], frames[outside], atol=0.51 / 255)
    assert composite[mask > 0.99].max() < 0.02
    one = node("PasteBack", images=black, **{**given, "frames": frames[:1]})[0]
    assert torch.equal(one[0], composite[0])
    with refused(node.pack, "these are 64x64"):
        node("PasteBack", images=black, **{**given, "frames": image("ff")})
    with refused(node.pack, "3 frames cannot take 2 images"):
        node("PasteBack", images=black, **{**given, "frames": image("fff", side=96)})


def test_a_missing_set_is_named_before_anything_runs(pack: Pack):
    check = pack.classes["HyperReenact_LoadModels"].validate_inputs
    assert check(model_set="starter") is True
    assert "'voxceleb-256' is not installed" in check(model_set="voxceleb-256")
