"""Numbers as options take them: what is wrong with one is said in words, with what may be given."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from fractions import Fraction

from ..reenact.knobs import STABILISE, Knob

_MOST = 2**63 - 1


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Whole numbers within limits, both included."""
    limits = f"{least} or more" if most is None else f"{least} to {most}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= (_MOST if most is None else most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, {limits}")
        return value

    return read


positive = whole(1)
not_negative = whole(0)
seed = whole(0, 2**32 - 1)


def real(least: float | None = None, most: float | None = None) -> Callable[[str], float]:
    """Numbers within limits, both included; never NaN or infinite."""
    if least is None or most is None:
        limits = "" if least is None else f", {least:g} or more"
    else:
        limits = f" from {least:g} to {most:g}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        above = least is None or value >= least
        if not (math.isfinite(value) and above and (most is None or value <= most)):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number{limits}")
        return value

    return read


amount = real(0.0)
share = real(0.0, 1.0)


def of_knob(knob: Knob) -> Callable[[str], float]:
    """What a knob takes; whole numbers where its default is one."""
    if isinstance(knob.default, int):
        return whole(int(knob.low), int(knob.high))
    return real(knob.low, knob.high)


def several(names: str, each: Callable[[str], float]) -> Callable[[str], tuple[float, ...]]:
    """Numbers with commas between, as many as there are `names`, such as YAW,PITCH,ROLL."""
    count = names.count(",") + 1

    def read(text: str) -> tuple[float, ...]:
        parts = text.split(",")
        if len(parts) != count:
            raise argparse.ArgumentTypeError(f"{text!r}: give {count} numbers as {names}")
        return tuple(each(part) for part in parts)

    return read


def stabilise(text: str) -> int:
    """Frames of a smoothing window, odd."""
    value = whole(int(STABILISE.low), int(STABILISE.high))(text)
    if value % 2 == 0:
        raise argparse.ArgumentTypeError(f"{text} is even; give 1, 3, 5 ...")
    return value


def rate(text: str) -> Fraction:
    """Frames a second, such as 25 or 30000/1001."""
    try:
        value = Fraction(text).limit_denominator(1001)
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate such as 25 or 30000/1001") from error
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate above 0, 1000 at most")
    return value
