"""`train starter` end to end at toy size: data, all stages, a set that loads."""

from __future__ import annotations

from pathlib import Path

import torch

from hyperreenact_core.models.sets import LoadedSet
from hyperreenact_core.training.runs.profiles import PROFILES
from hyperreenact_core.training.runs.starter import STAGES, StarterRun


def test_the_whole_starter_set_from_nothing_and_again(tmp_path: Path) -> None:
    run = StarterRun(profile=PROFILES["smoke"], out=tmp_path, device=torch.device("cpu"), workers=1)
    run.train_all()
    models = LoadedSet(tmp_path / "set")
    face = torch.zeros(1, 3, 128, 128)
    w_plus = models.e4e(face)
    small = torch.zeros(1, 3, 112, 112)
    deltas = models.hypernetwork(models.appearance(small).map, models.pose.pose_map(small))
    image = models.generator(w_plus, deltas)
    assert image.shape == (1, 3, 128, 128)
    assert bool(image.isfinite().all())
    for kind in STAGES:
        assert (tmp_path / f"{kind}.csv").exists()
    assert (tmp_path / "hypernetwork.png").exists()

    # The same command again finds everything done and changes nothing.
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
    StarterRun(
        profile=PROFILES["smoke"], out=tmp_path, device=torch.device("cpu"), workers=1
    ).train_all()
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.safetensors")}
