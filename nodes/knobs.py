"""Widgets of the core's knobs: name, range and default are the knob's."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ..hyperreenact_core.reenact.knobs import Knob


def float_input(
    knob: Knob, tooltip: str, *, name: str | None = None, step: float = 0.05, **more: Any
) -> io.Input:
    """A number; name: the knob's if None. more: as of `io.Float.Input`."""
    return io.Float.Input(
        name or knob.name,
        default=knob.default,
        min=knob.low,
        max=knob.high,
        step=step,
        tooltip=tooltip,
        **more,
    )


def slider_input(
    knob: Knob, tooltip: str, *, name: str | None = None, step: float = 0.05
) -> io.Input:
    """The same as a slider."""
    slider = io.NumberDisplay.slider
    return float_input(knob, tooltip, name=name, step=step, display_mode=slider)


def whole_input(knob: Knob, tooltip: str, **more: Any) -> io.Input:
    """A whole number; more: as of `io.Int.Input`."""
    return io.Int.Input(
        knob.name,
        default=int(knob.default),
        min=int(knob.low),
        max=int(knob.high),
        tooltip=tooltip,
        **more,
    )
