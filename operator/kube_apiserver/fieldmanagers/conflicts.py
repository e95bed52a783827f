"""Apply conflicts between field managers, with kube-apiserver's messages."""

from collections.abc import Sequence
from typing import Any

import msgspec

from kube_apiserver.fieldmanagers.entries import UPDATE, Entry
from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.schema import Cause
from kube_apiserver.schema.go_format import go_text, quoted


class ApplyConflict(Exception):
    """An apply changes fields that other managers own, without force. The server answers 409 ``Conflict``.

    Attributes:
        causes: one ``FieldManagerConflict`` per field, with its manager and its path (".spec.replicas").
        fields: the paths in conflict.
    """

    def __init__(self, conflicts: Sequence[tuple[Entry, FieldSet]]) -> None:
        ordered = sorted(conflicts, key=lambda pair: _named(pair[0]))
        self.fields = FieldSet()
        self.conflicts = ordered
        causes = []
        for owner, fields in ordered:
            self.fields = self.fields | fields
            words = f"conflict with {_named(owner)}"
            causes += [Cause(shown_path(path), "FieldManagerConflict", words) for path in fields.paths()]
        self.causes = tuple(causes)
        super().__init__(_message(self.causes))


def _named(owner: Entry) -> str:
    name = msgspec.json.encode(owner.manager).decode()
    if owner.subresource:
        name += f' with subresource "{owner.subresource}"'
    return f"{name} using {owner.api_version}" if owner.operation == UPDATE else name


def _message(causes: Sequence[Cause]) -> str:
    many = len(causes) != 1
    head = f"Apply failed with {len(causes)} conflict{'s' if many else ''}: "
    if not many:
        return f"{head}{causes[0].message}: {causes[0].field}"
    lines = []
    for words in dict.fromkeys(cause.message for cause in causes):
        fields = [cause.field for cause in causes if cause.message == words]
        lines.append("\n- ".join([f"{words.replace('conflict', 'conflicts', 1)}:", *fields]))
    return head + "\n".join(lines)


def shown_path(path: Path) -> str:
    """Return a path as conflict messages show it: ``.spec.ports[port=80,protocol="TCP"].name``."""
    return "".join(_shown_element(element) for element in path)


def _shown_element(element: str) -> str:
    kind, text = element[:2], element[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "k:":
        keys: dict[str, Any] = msgspec.json.decode(text)
        return f"[{','.join(f'{key}={_shown_value(value)}' for key, value in keys.items())}]"
    return f"[={_shown_value(msgspec.json.decode(text))}]" if kind == "v:" else f"[{text}]"


def _shown_value(value: Any) -> str:
    """Return a value as structured-merge-diff's ``value.ToString`` formats it."""
    if isinstance(value, dict):
        return "".join(f"{key}={_shown_value(member)}" for key, member in sorted(value.items()))
    if isinstance(value, list):
        return f"[{','.join(map(_shown_value, value))}]"
    if isinstance(value, str):
        return quoted(value)
    return "null" if value is None else go_text(value)
