from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

import pytest

from hyperreenact_core.models.config_json import config_from_json, config_to_json


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Inner:
    widths: tuple[int, ...] = (8, 16)
    pair: tuple[int, float] = (3, 0.5)


@dataclass(frozen=True)
class Outer:
    name: str = "net"
    steps: int = 4
    rate: float = 0.25
    on: bool = True
    mode: Literal["a", "b"] = "a"
    colour: Colour = Colour.BLUE
    limit: int | None = None
    inner: Inner = field(default_factory=Inner)
    many: tuple[Inner, ...] = (Inner(), Inner(widths=()))

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise ValueError("steps must not be negative")


def edited(**changes: object) -> str:
    return json.dumps({**json.loads(config_to_json(Outer())), **changes})


@pytest.mark.parametrize(
    "config", [Outer(), Outer(limit=7, colour=Colour.RED, inner=Inner(widths=(1,)), many=())]
)
def test_round_trip_gives_an_equal_config_with_tuples(config: Outer):
    back = config_from_json(config_to_json(config), Outer)
    assert back == config
    assert isinstance(back.inner.widths, tuple)
    assert hash(back) == hash(config)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"steps": "4"}, "config.steps must be int"),
        ({"steps": True}, "config.steps must be int"),
        ({"steps": 4.0}, "config.steps must be int"),
        ({"on": 1}, "config.on must be bool"),
        ({"mode": "c"}, "config.mode is 'c'"),
        ({"colour": "green"}, "config.colour is 'green'"),
        ({"limit": "none"}, "config.limit must be int"),
        ({"inner": [1]}, "config.inner must be a table"),
        ({"inner": {"widths": [8, "x"], "pair": [3, 0.5]}}, r"config.inner.widths\[1\]"),
        ({"inner": {"widths": [], "pair": [3]}}, "config.inner.pair has 1 entries, not 2"),
        ({"inner": {"pair": [3, 0.5]}}, "config.inner lacks widths"),
        ({"inner": {"widths": [], "pair": [3, 1], "x": 1}}, "config.inner has unknown x"),
        ({"many": [{"widths": 3, "pair": [3, 1]}]}, r"config.many\[0\].widths must be a list"),
        ({"steps": -1}, "config: steps must not be negative"),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes: dict[str, object], named: str):
    with pytest.raises(ValueError, match=named):
        config_from_json(edited(**changes), Outer)


def test_a_whole_number_may_stand_for_a_float():
    rate = config_from_json(edited(rate=1), Outer).rate
    assert isinstance(rate, float)


def test_text_that_is_not_json_is_refused():
    with pytest.raises(ValueError, match="not JSON"):
        config_from_json("{", Outer)


def test_a_value_no_config_can_hold_is_refused():
    @dataclass(frozen=True)
    class Odd:
        value: object = object()

    with pytest.raises(TypeError, match="cannot stand in a config"):
        config_to_json(Odd())
    with pytest.raises(ValueError, match="float"):
        config_to_json(Outer(rate=float("nan")))
