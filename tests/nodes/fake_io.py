"""A small stand-in for the host's node API: as strict about arguments, as far as we use it.

Signatures are those of ComfyUI 0.28.2, so that an argument only newer hosts know fails here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class NumberDisplay(str, Enum):
    number = "number"
    slider = "slider"


class Input:
    io_type = "*"

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        extra_dict: dict[str, Any] | None = None,
        raw_link: bool | None = None,
        advanced: bool | None = None,
    ) -> None:
        self.id, self.optional, self.tooltip, self.advanced = id, optional, tooltip, advanced
        self.default: Any = None
        self.is_widget = False


class WidgetInput(Input):
    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        default: Any = None,
        socketless: bool | None = None,
        widget_type: str | None = None,
        force_input: bool | None = None,
        extra_dict: dict[str, Any] | None = None,
        raw_link: bool | None = None,
        advanced: bool | None = None,
    ) -> None:
        super().__init__(id, display_name, optional, tooltip, lazy, extra_dict, raw_link, advanced)
        self.default, self.is_widget = default, not force_input


class BooleanInput(WidgetInput):
    def check(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else f"{value!r} is no boolean"


class NumberInput(WidgetInput):
    def __init__(
        self,
        id: str,
        *args: Any,
        min: float | None = None,
        max: float | None = None,
        step: float | None = None,
        round: float | None = None,
        display_mode: NumberDisplay | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(id, *args, **kwargs)
        self.min, self.max = min, max

    def check(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is no number"
        if self.min is not None and value < self.min:
            return f"{value} is below {self.min}"
        if self.max is not None and value > self.max:
            return f"{value} is above {self.max}"
        return None


class StringInput(WidgetInput):
    def __init__(
        self,
        id: str,
        *args: Any,
        multiline: bool = False,
        placeholder: str | None = None,
        dynamic_prompts: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(id, *args, **kwargs)

    def check(self, value: Any) -> str | None:
        return None if isinstance(value, str) else f"{value!r} is no text"


class ComboInput(WidgetInput):
    def __init__(self, id: str, options: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(id, *args, **kwargs)
        self.options = options
        if self.default is None and options:
            self.default = options[0]

    def check(self, value: Any) -> str | None:
        return None if value in self.options else f"{value!r} is none of {self.options}"


class BoundingBoxInput(WidgetInput):
    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        socketless: bool = True,
        default: Any = None,
        component: str | None = None,
        force_input: bool | None = None,
    ) -> None:
        super().__init__(id, display_name, optional, tooltip, force_input=force_input)


class Output:
    io_type = "*"

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
    ) -> None:
        self.id, self.tooltip = id, tooltip


def Custom(io_type: str, input_class: type[Input] = Input) -> Any:  # noqa: N802
    """A socket type with its Input and Output."""
    parts = {
        "Input": type("Input", (input_class,), {"io_type": io_type}),
        "Output": type("Output", (Output,), {"io_type": io_type}),
        "io_type": io_type,
    }
    return type(io_type, (), parts)


Image, Mask, Audio, Video = (Custom(name) for name in ("IMAGE", "MASK", "AUDIO", "VIDEO"))
AnyType = Custom("*")
Boolean = Custom("BOOLEAN", BooleanInput)
Int = Custom("INT", NumberInput)
Float = Custom("FLOAT", NumberInput)
String = Custom("STRING", StringInput)
Combo = Custom("COMBO", ComboInput)
BoundingBox = Custom("BOUNDING_BOX", BoundingBoxInput)


@dataclass
class Schema:
    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_input_list: bool = False
    is_output_node: bool = False
    is_deprecated: bool = False
    is_experimental: bool = False
    is_api_node: bool = False
    not_idempotent: bool = False
    enable_expand: bool = False

    def __post_init__(self) -> None:
        for ids in ([i.id for i in self.inputs], [o.id for o in self.outputs]):
            repeated = [name for name, count in Counter(ids).items() if count > 1]
            if repeated:
                raise ValueError(f"{self.node_id}: {repeated} stand more than once")


class ComfyNode:
    @classmethod
    def define_schema(cls) -> Schema:
        raise NotImplementedError

    @classmethod
    def execute(cls, **kwargs: Any) -> NodeOutput:
        raise NotImplementedError


class NodeOutput:
    def __init__(self, *args: Any, ui: dict[str, Any] | None = None) -> None:
        self.args, self.ui = args, ui

    def __getitem__(self, at: int) -> Any:
        return self.args[at]
