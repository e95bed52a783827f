"""Paths such as ``.spec.size`` in the schema of a kind: whether there is such a field."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from plugin_operator.kube.definitions.schemas.keywords import PRESERVE
from plugin_operator.kube.definitions.schemas.structural import Schema

_STEP = re.compile(r"\.((?:[A-Za-z0-9_-]|\\\.)+)")
_OF_THE_SERVER: Mapping[str, Schema] = {
    "metadata": {
        PRESERVE: True,
        "properties": {"creationTimestamp": {"type": "string", "format": "date-time"}, "name": {"type": "string"}},
    }
}


def field_at(path: Any, schema: Schema) -> Schema | None:
    """Return the schema of the field at a path; None if the schema does not say it, as behind ``[`` and below a dict.

    Raises:
        ValueError: it is no path, or the schema has no such field.
    """
    if not isinstance(path, str) or not path.startswith(".") or len(path) == 1:
        raise ValueError(f"{path!r} is no path: write for example '.spec.size'")
    at, position = dict(schema), 0
    at["properties"] = {**schema.get("properties", {}), **_OF_THE_SERVER}
    while step := _STEP.match(path, position):
        name = step[1].replace(r"\.", ".")
        properties = at.get("properties", {})
        if name in properties:
            at = properties[name]
        elif PRESERVE in at or "additionalProperties" in at:
            return None
        else:
            raise ValueError(_missing(path, path[:position], name, properties))
        position = step.end()
    return at if position == len(path) else None


def _missing(path: str, parent: str, name: str, properties: Mapping[str, Any]) -> str:
    words = name.split("_")
    camel = words[0] + "".join(each.title() for each in words[1:])
    near = [camel] if camel in properties else difflib.get_close_matches(name, properties, n=1)
    hint = f"did you mean '{parent}.{near[0]}'?" if near else f"there is {', '.join(sorted(properties)) or 'none'}"
    return f"{path!r}: {parent or 'the object'} has no field {name!r}: {hint}"
