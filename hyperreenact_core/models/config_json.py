"""Frozen config dataclasses to JSON and back, so that a weights file can carry its own shape.

A config holds bool, int, float, str, None, Literal, Enum, tuples of these and further configs.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

ConfigT = TypeVar("ConfigT")

_SCALARS = (bool, int, float, str)


def config_to_json(config: object) -> str:
    """Write a config dataclass as JSON; TypeError for a value a config cannot hold."""
    return json.dumps(_plain(config), allow_nan=False)


def config_from_json(text: str | bytes, config_class: type[ConfigT]) -> ConfigT:
    """Rebuild a config; every field must be there and have its type.

    Raises ValueError that names the field, such as "config.encoder.widths[2] must be int".
    """
    try:
        raw = json.loads(text)
    except ValueError as error:  # of JSON, or of its encoding
        raise ValueError(f"config is not JSON ({error})") from error
    return config_from_plain(raw, config_class, where="config")


def config_from_plain(raw: object, config_class: type[ConfigT], *, where: str) -> ConfigT:
    """The same from parsed JSON or YAML; `where` is what messages call the value."""
    return cast(ConfigT, _parse(raw, config_class, where=where))


def _plain(value: object) -> object:
    """Dataclass -> dict, tuple -> list, Enum -> its value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    if value is None or isinstance(value, _SCALARS):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a config")


def _parse(raw: object, wanted: Any, *, where: str) -> object:
    """Check a JSON value against a type annotation and turn it into that type."""
    origin = get_origin(wanted)
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _parse_dataclass(raw, wanted, where=where)
    if origin is tuple:
        return _parse_tuple(raw, get_args(wanted), where=where)
    if origin in (Union, UnionType):
        return _parse_union(raw, get_args(wanted), where=where)
    if origin is Literal:
        if any(raw == choice and type(raw) is type(choice) for choice in get_args(wanted)):
            return raw
        raise ValueError(f"{where} is {raw!r}, not one of {get_args(wanted)}")
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        try:
            return wanted(raw)
        except ValueError as error:
            raise ValueError(f"{where} is {raw!r}, which is no {wanted.__name__}") from error
    if wanted is float and type(raw) is int:
        return float(raw)  # JSON writes 1.0 as 1 in some editors
    if wanted in (*_SCALARS, NoneType) and type(raw) is wanted:
        return raw
    raise ValueError(f"{where} must be {getattr(wanted, '__name__', wanted)}, it is {raw!r}")


def _parse_dataclass(raw: object, wanted: type, *, where: str) -> object:
    if not isinstance(raw, dict):
        raise ValueError(f"{where} must be a table of fields, it is {raw!r}")
    values = cast("dict[str, object]", raw)
    types = get_type_hints(wanted)
    names = [f.name for f in fields(wanted)]
    if missing := [name for name in names if name not in values]:
        raise ValueError(f"{where} lacks {', '.join(missing)}")
    if unknown := [name for name in values if name not in names]:
        raise ValueError(f"{where} has unknown {', '.join(unknown)}")
    parsed = {n: _parse(values[n], types[n], where=f"{where}.{n}") for n in names}
    try:
        return wanted(**parsed)
    except ValueError as error:  # the config's own check of its values
        raise ValueError(f"{where}: {error}") from error


def _parse_tuple(raw: object, item_types: tuple[Any, ...], *, where: str) -> object:
    if not isinstance(raw, list):
        raise ValueError(f"{where} must be a list, it is {raw!r}")
    items = cast("list[object]", raw)
    if len(item_types) == 2 and item_types[1] is Ellipsis:
        item_types = (item_types[0],) * len(items)
    if len(items) != len(item_types):
        raise ValueError(f"{where} has {len(items)} entries, not {len(item_types)}")
    pairs = zip(items, item_types, strict=True)
    return tuple(_parse(item, t, where=f"{where}[{i}]") for i, (item, t) in enumerate(pairs))


def _parse_union(raw: object, choices: tuple[Any, ...], *, where: str) -> object:
    """The first type of the union that the value fits; the last one's complaint otherwise."""
    if raw is None and NoneType in choices:
        return None
    complaint = ValueError(f"{where} must not be {raw!r}")
    for choice in choices:
        if choice is NoneType:
            continue
        try:
            return _parse(raw, choice, where=where)
        except ValueError as error:
            complaint = error
    raise complaint
