"""The names of fields in CEL rules: a rule has those on the wire, and authors write those of the class.

Owns the paths from ``self`` and ``oldSelf``. Leaves the rest of CEL to the API server: the embedded one evaluates it in
``check``.
"""

import re
from collections.abc import Mapping
from typing import Any

_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_PATH = re.compile(r"(?<![\w.])(?:self|oldSelf)(?:\.\??[A-Za-z_]\w*(?!\w|\s*\()|\[[^\[\]]*\])+")
_STEP = re.compile(r"\.\??(?P<name>\w+)|\[")


def check_names(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check a rule as in a schema.

    Args:
        rule: an item of ``x-kubernetes-validations``.
        schema: schema of ``self``, in which the schema of a field knows the name of its attribute.

    Raises:
        ValueError: it has the name of an attribute in the place of that on the wire.
    """
    for key, prefix in (("rule", ""), ("messageExpression", ""), ("fieldPath", "self")):
        text = f"{prefix}{rule.get(key, '')}"
        for path in _PATH.finditer(_LITERAL.sub(lambda found: f"'{'_' * (len(found[0]) - 2)}'", text)):
            if (found := _meant(path[0], schema)) is not None:
                step, wire = found
                right = f"{text[path.start() : path.start() + step.start('name')]}{wire}".removeprefix(prefix)
                shown, name = text.removeprefix(prefix), step["name"]
                raise ValueError(f"{shown!r} has the name {name!r}, which is {wire!r} on the wire: write {right}")


def _meant(path: str, schema: Any) -> tuple[re.Match[str], str] | None:
    """Return the first step to an attribute in a path, and its name on the wire; None for none."""
    for step in _STEP.finditer(path):
        if not isinstance(schema, Mapping):
            return None
        properties: Mapping[str, Any] = schema.get("properties", {})
        name = step["name"]
        if name is None:
            schema = schema.get("items", schema.get("additionalProperties"))
        elif name in properties or "additionalProperties" in schema:
            schema = properties.get(name, schema.get("additionalProperties"))
        else:
            wires = [wire for wire, field in properties.items() if getattr(field, "name", "") == name]
            return (step, wires[0]) if wires else None
    return None
