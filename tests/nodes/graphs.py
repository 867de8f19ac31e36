"""Check and run API-format graphs the way the host does: {id: {class_type, inputs}}."""

from __future__ import annotations

import inspect
from typing import Any

from tests.nodes import fake_io as io

Prompt = dict[str, dict[str, Any]]
NodeClasses = dict[str, type[io.ComfyNode]]


class InvalidGraphError(Exception):
    """What the host would answer instead of running the graph."""


def is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def problems(prompt: Prompt, classes: NodeClasses) -> list[str]:
    """What is wrong with a graph: unknown nodes and inputs, links that do not fit, bad values."""
    found: list[str] = []
    for node_id, node in prompt.items():
        name = f"{node_id} {node['class_type']}"
        if node["class_type"] not in classes:
            found.append(f"{name}: no such node")
            continue
        schema = classes[node["class_type"]].define_schema()
        known = {i.id: i for i in schema.inputs}
        found += [f"{name}: no input {key}" for key in node["inputs"] if key not in known]
        for key, wanted in known.items():
            value = node["inputs"].get(key)
            if value is None:
                if not wanted.optional:
                    found.append(f"{name}: {key} is missing")
            elif is_link(value):
                found += _link_problems(prompt, classes, value, wanted, where=f"{name}.{key}")
            elif not wanted.is_widget:
                found.append(f"{name}: {key} must be a link")
            elif complaint := wanted.check(value):
                found.append(f"{name}: {key}: {complaint}")
    return found


def _link_problems(
    prompt: Prompt, classes: NodeClasses, link: list[Any], wanted: io.Input, *, where: str
) -> list[str]:
    origin, slot = link
    if origin not in prompt:
        return [f"{where}: comes from node {origin}, which is not there"]
    source = classes.get(prompt[origin]["class_type"])
    if source is None:
        return []
    outputs = source.define_schema().outputs
    if slot >= len(outputs):
        return [f"{where}: node {origin} has no output {slot}"]
    given = outputs[slot].io_type
    if "*" in (given, wanted.io_type) or given in wanted.io_type.split(","):
        return []
    return [f"{where}: a {given} is no {wanted.io_type}"]


def run(prompt: Prompt, classes: NodeClasses, cache: dict[str, Any] | None = None) -> Any:
    """Run a graph; returns {node id: outputs} and fills `cache` with them.

    Nodes whose signature (class, values, signatures of their sources) is in the cache are not run
    again, as in the host. InvalidGraphError where the host would refuse it.
    """
    if found := problems(prompt, classes):
        raise InvalidGraphError("; ".join(found))
    cache = {} if cache is None else cache
    results: dict[str, tuple[Any, ...]] = {}
    executed: list[str] = []

    def signature(node_id: str) -> str:
        node = prompt[node_id]
        parts = [
            f"{key}={signature(value[0])}.{value[1]}" if is_link(value) else f"{key}={value!r}"
            for key, value in sorted(node["inputs"].items())
        ]
        return f"{node['class_type']}({', '.join(parts)})"

    def outputs(node_id: str) -> tuple[Any, ...]:
        if node_id in results:
            return results[node_id]
        key = signature(node_id)
        if key not in cache:
            node = prompt[node_id]
            cls = classes[node["class_type"]]
            given = {
                name: outputs(value[0])[value[1]] if is_link(value) else value
                for name, value in node["inputs"].items()
            }
            answer = _validated(cls, given)
            if answer is not True:
                raise InvalidGraphError(str(answer))
            cache[key] = cls.execute(**given).args
            executed.append(node_id)
        results[node_id] = cache[key]
        return results[node_id]

    for node_id in prompt:
        outputs(node_id)
    return Run(results, executed)


class Run:
    """outputs: of every node. executed: ids of the nodes that were not in the cache, in order."""

    def __init__(self, outputs: dict[str, tuple[Any, ...]], executed: list[str]) -> None:
        self.outputs, self.executed = outputs, executed


def _validated(cls: Any, given: dict[str, Any]) -> bool | str:
    validate = getattr(cls, "validate_inputs", None)
    if validate is None:
        return True
    names = inspect.signature(validate).parameters
    return validate(**{name: given[name] for name in names if name in given})
