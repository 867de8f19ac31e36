"""Makes every English text about nodes from their schemas, where it is written once.

    python -m tests.nodes.texts

Writes locales/en and the tables of help pages; what else is on a page stays. Shorter names of
inputs and outputs are told in locales/en and kept there. Other languages are translated by hand.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.nodes.imported import ROOT, Pack, imported

TOLD_ELSEWHERE = {("HyperReenact_LoadModels", "model_set")}
"""Inputs whose text is another on every machine."""

Texts = dict[str, Any]


def own_schemas(pack: Pack) -> dict[str, Any]:
    """Of the pack's nodes, by id."""
    return {k: v.define_schema() for k, v in pack.classes.items() if k.startswith("HyperReenact_")}


def locale_path(language: str) -> Path:
    """Where a host looks for the texts of nodes."""
    return ROOT / "locales" / language / "nodeDefs.json"


def page_path(node_id: str, language: str) -> Path:
    """A node's help page."""
    return ROOT / "web" / "docs" / node_id / f"{language}.md"


def read_locale(language: str) -> Texts:
    """Node id -> its texts."""
    return json.loads(locale_path(language).read_text("utf-8"))


def english_locale(schemas: Mapping[str, Any], so_far: Texts) -> Texts:
    """The texts of all nodes, as the file has them."""
    return {node_id: _texts(node_id, s, so_far.get(node_id, {})) for node_id, s in schemas.items()}


def _texts(node_id: str, schema: Any, so_far: Texts) -> Texts:
    names = {**so_far.get("inputs", {}), **so_far.get("outputs", {})}

    def named(key: str, part: Any) -> Texts:
        name = names.get(key, {}).get("name", part.id.replace("_", " "))
        told = (node_id, part.id) not in TOLD_ELSEWHERE
        return {"name": name, "tooltip": part.tooltip} if told else {"name": name}

    inputs = {i.id: named(i.id, i) for i in schema.inputs}
    outputs = {str(at): named(str(at), o) for at, o in enumerate(schema.outputs)}
    return {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": inputs,
        **({"outputs": outputs} if outputs else {}),
    }


def english_page(node_id: str, schema: Any, page: str) -> str:
    """A help page with the schema's texts: title, description, tables of inputs and outputs.

    page: as it is so far, empty for a new node; what else it says is kept.
    """
    if not page:
        page = f"![{schema.display_name}]({node_id}/picture.jpg)\n"
        page += "".join(
            f"\n## {title}s\n\n| {title.lower()} | meaning |\n| --- | --- |\n"
            for title, parts in (("Input", schema.inputs), ("Output", schema.outputs))
            if parts
        )
    rest = page[page.index("![") :]
    for title, parts in (("Input", schema.inputs), ("Output", schema.outputs)):
        rest = re.sub(
            rf"(?<=## {title}s\n\n\| {title.lower()} \| meaning \|\n\| --- \| --- \|\n)(\|.*\n)*",
            lambda found, parts=parts: "".join(_row(node_id, part, found[0]) for part in parts),
            rest,
        )
    return f"# {schema.display_name}\n\n{schema.description}\n\n{rest}"


def _row(node_id: str, part: Any, table: str) -> str:
    """A row of a table, which has it already where the text is told there alone."""
    if (node_id, part.id) in TOLD_ELSEWHERE:
        return next(row for row in table.splitlines(True) if row.startswith(f"| `{part.id}`"))
    mark = " *(optional)*" if getattr(part, "optional", False) else ""
    return f"| `{part.id}`{mark} | {part.tooltip} |\n"


def write_english(schemas: Mapping[str, Any]) -> None:
    """All files with English texts."""
    texts = english_locale(schemas, read_locale("en"))
    locale_path("en").write_text(as_json(texts), "utf-8")
    for node_id, schema in schemas.items():
        page = page_path(node_id, "en")
        told = page.read_text("utf-8") if page.is_file() else ""
        page.parent.mkdir(exist_ok=True)
        page.write_text(english_page(node_id, schema, told), "utf-8")


def as_json(texts: Texts) -> str:
    """As the files are written."""
    return json.dumps(texts, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, imported(Path(folder)) as pack:
        write_english(own_schemas(pack))
