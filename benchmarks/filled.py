"""A model set of the published sizes without the published weights.

Its weights follow from a rule (tests/parity/fill.py): they draw no faces, but cost what the real
ones cost and give numbers of the same size.
"""

from __future__ import annotations

from pathlib import Path

from hyperreenact_core.models.checkpoints import save_network
from hyperreenact_core.models.published import PUBLISHED_SETTINGS
from hyperreenact_core.models.settings import save_settings
from hyperreenact_core.models.store import weights_file
from tests.parity.fill import fill
from tests.parity.golden import golden, manifest
from tests.parity.networks import NETS, build, layout_of

NEEDED = ("arcface", "deca", "e4e", "hypernet", "stylegan2")
"""Everything but the face detectors, which no stage measured here uses."""


def filled_set(folder: Path) -> Path:
    """The set in `folder`, written first where it is not there yet (2.4 GB, half a minute)."""
    for net in NEEDED:
        kind = NETS[net]
        path = weights_file(folder, kind)
        if path.is_file():
            continue
        state = fill(manifest(net), seed=golden().seed)
        if net == "stylegan2":
            state["latent_avg"] = golden().tensor("stylegan2", "mean_latent")[0]
        network = build(net)
        network.load_state_dict(state, strict=True, assign=True)
        save_network(path, network, kind=kind, config=layout_of(net).config, storage="float32")
    save_settings(folder, PUBLISHED_SETTINGS)
    return folder
