"""A set of the published kind runs through the whole chain with its own detector and crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from hyperreenact_core.errors import NoFaceError
from hyperreenact_core.face.published_detect import PublishedDetector
from hyperreenact_core.host import LocalHost
from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.models.settings import SetSettings, save_settings
from hyperreenact_core.networks.fan import FAN, FANConfig
from hyperreenact_core.networks.s3fd import S3FD, S3FDConfig
from hyperreenact_core.reenact.driving import DrivingOptions
from hyperreenact_core.reenact.options import ReenactOptions
from hyperreenact_core.reenact.pipeline import Reenactor
from hyperreenact_core.reenact.source import analyse_source
from hyperreenact_core.reenact.views import detector_of
from tests.core.reenact.tiny import SIZE, frames, picture, save_tiny_set

S3FD_CONFIG = S3FDConfig(
    widths=(4, 4, 4, 8, 8), depths=(1, 1, 2, 1, 1), fc_width=8, extra=((4, 8), (4, 4))
)
FAN_CONFIG = FANConfig(stem_channels=4, channels=8, stacks=1, depth=2)


@pytest.fixture
def models(tmp_path: Path) -> LoadedSet:
    """The tiny set with the published settings, and networks that see faces in what is bright."""
    folder = save_tiny_set(tmp_path)
    (folder / "landmarks.safetensors").unlink()
    save_settings(folder, SetSettings(SIZE, 1.0, True, "five_point", "deca_crop", 0.7))
    torch.manual_seed(0)
    s3fd, fan = S3FD(S3FD_CONFIG), FAN(FAN_CONFIG)
    head = s3fd.get_submodule("conv4_1_norm_mbox_conf")
    assert isinstance(head, nn.Conv2d)
    with torch.no_grad():
        # The normalised map is zero where the picture is black, and of length 8 elsewhere.
        for name in ("conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1"):
            layer = s3fd.get_submodule(name)
            assert isinstance(layer, nn.Conv2d)
            layer.weight.abs_()
        head.weight.zero_()
        head.weight[1].fill_(1.0)
        head.bias[1] = -3.0
    save_network(folder / "s3fd.safetensors", s3fd, kind="s3fd", config=S3FD_CONFIG)
    save_network(folder / "fan.safetensors", fan, kind="fan", config=FAN_CONFIG)
    return LoadedSet(folder)


def test_the_chain_runs_with_the_published_detector(models: LoadedSet):
    host = LocalHost(device="cpu")
    assert isinstance(detector_of(models, host), PublishedDetector)
    source = analyse_source(picture(), models, host)
    assert source.crop.image.shape == (3, SIZE, SIZE)
    assert torch.equal(source.crop.landmarks.isfinite().all(), torch.tensor(True))
    options = ReenactOptions(driving=DrivingOptions(stabilise=1), batch_size=2, detail=0.0)
    results = list(Reenactor(models, host, options=options).reenact(source, frames("fff")))
    assert [result.has_face for result in results] == [True] * 3
    assert all(result.image.shape == (SIZE, SIZE, 3) for result in results)


def test_a_black_picture_shows_no_face(models: LoadedSet):
    with pytest.raises(NoFaceError, match="shows no face"):
        analyse_source(np.zeros((64, 64, 3), np.uint8), models, LocalHost(device="cpu"))
