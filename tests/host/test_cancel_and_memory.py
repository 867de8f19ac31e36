"""What a real ComfyUI gets back: its queue after a cancel, its memory after an unload."""

from __future__ import annotations

import sys
import time

import pytest

from tests.host.comfy import MARKS, Comfy, Prompt, messages, seconds
from tests.host.graphs import graph

pytestmark = MARKS

FRAMES = 300
_WAY = 1.0
"""Seconds that the request, and the host after the node, may take."""
_LOOKS = 14.0
"""Seconds in which the host collects what is left over, at the latest."""


@pytest.mark.parametrize(
    ("node", "key", "name", "values"),
    [
        ("AlignFace", "faces", "stabilise", (3, 5, 7)),
        ("Synthesise", "drawn", "truncation_psi", (0.9, 0.8, 0.7)),
        ("Reenact", "reenacted", "fine", (0.9, 0.8, 0.7)),
    ],
)
def test_cancelling_takes_a_frame_and_the_next_run_works(
    comfy: Comfy, node: str, key: str, name: str, values: tuple[float, ...], record_property
):
    def changed(value: float) -> Prompt:
        return graph(key, frames=FRAMES, **{key: {name: value}})

    comfy.done(changed(values[0]))  # from now on, all nodes but this one are cached
    whole = seconds(comfy.done(changed(values[1])))
    prompt_id = comfy.start(changed(values[2]))
    time.sleep(whole / 3)
    asked = time.time()
    comfy.ask("/interrupt", {})
    said = messages(comfy.finished(prompt_id))
    assert "execution_interrupted" in said, "it ran to its end"
    assert said["execution_interrupted"]["node_type"] == f"HyperReenact_{node}"
    took = said["execution_interrupted"]["timestamp"] / 1000 - asked
    record_property("figures", f"{node}: {took:.3f} s, a frame takes {whole / FRAMES:.4f} s")
    assert took < 2 * whole / FRAMES + _WAY
    assert comfy.done(changed(values[2]))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of the server from /proc")
def test_unloading_gives_the_memory_back(comfy: Comfy, record_property):
    heavy = graph("faces", slot=4, frames=400, side=256, models={"model_set": "starter"})
    heavy["show_latent"] = {"class_type": "PreviewAny", "inputs": {"source": ["latent", 0]}}
    comfy.done(heavy)  # what is imported stays, and so does what the allocator keeps in reserve
    start = _after_unloading(comfy)
    comfy.done(heavy)
    full = comfy.resident_bytes()
    end = _after_unloading(comfy)
    megabytes = [round(value / 2**20) for value in (start, full, end)]
    record_property("figures", f"MiB at the start, full, unloaded: {megabytes}")
    assert full > 1.2 * start, "there was nothing to give back"
    assert end <= 1.1 * start
    comfy.done(heavy)


def _after_unloading(comfy: Comfy) -> int:
    """Resident bytes once the host has unloaded, which it does when it next looks."""
    comfy.ask("/free", {"unload_models": True, "free_memory": True})
    time.sleep(1)
    # Woken by the first of two flags, the host may miss the second until it is woken again.
    comfy.ask("/free", {"free_memory": True})
    time.sleep(_LOOKS)
    return comfy.resident_bytes()
