"""The entries of ``metadata.managedFields``."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from kube_apiserver.fieldmanagers.fieldset import FieldSet

APPLY = "Apply"
UPDATE = "Update"


class Entry(msgspec.Struct, frozen=True):
    """One ``managedFields`` entry. ``time`` is RFC 3339 in UTC, "" if unknown."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: FieldSet

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Return the key that identifies the manager. It ignores the API version for Apply entries only."""
        version = "" if self.operation == APPLY else self.api_version
        return self.manager, self.operation, version, self.subresource

    def with_fields(self, fields: FieldSet) -> "Entry":
        """Return the entry with other fields."""
        return replace(self, fields=fields)


def decoded(obj: Mapping[str, Any] | None) -> list[Entry] | None:
    """Return the managedFields entries of an object, None if they are malformed. The server then uses the live ones.

    Of several entries of one manager, which writes of a scale may leave behind, the last one counts.
    """
    raw = ((obj or {}).get("metadata") or {}).get("managedFields")
    if not raw:
        return []
    try:
        return list({entry.identity: entry for entry in map(_decoded, raw)}.values())
    except (AttributeError, KeyError, TypeError):
        return None


def _decoded(raw: Mapping[str, Any]) -> Entry:
    return Entry(
        manager=raw.get("manager", ""),
        operation=raw["operation"],
        api_version=raw["apiVersion"],
        subresource=raw.get("subresource", ""),
        time=raw.get("time") or "",
        fields=FieldSet.decode(raw.get("fieldsV1") or {}),
    )


def encoded(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return ``managedFields`` in kube-apiserver's order: Apply first, then by time and name. Omit empty entries."""
    ordered = sorted(
        (entry for entry in entries if entry.fields),
        key=lambda entry: (entry.operation, entry.time, entry.manager, entry.api_version, entry.subresource),
    )
    return [_encoded(entry) for entry in ordered]


def _encoded(entry: Entry) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "manager": entry.manager,
        "operation": entry.operation,
        "apiVersion": entry.api_version,
        "time": entry.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": entry.fields.encode(),
        "subresource": entry.subresource,
    }
    return {key: value for key, value in raw.items() if value != "" or key == "apiVersion"}


def stamp(now: datetime) -> str:
    """Return a time as entries write it: UTC, in whole seconds."""
    return now.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def with_entries(obj: Mapping[str, Any], entries: Iterable[Entry]) -> dict[str, Any]:
    """Return ``obj`` with these entries as its ``managedFields``. Without entries, the key is removed."""
    result = without_entries(obj)
    if raw := encoded(entries):
        result["metadata"]["managedFields"] = raw
    return result


def without_entries(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``obj`` without ``managedFields``, the form in which objects are compared."""
    metadata = dict(obj.get("metadata") or {})
    metadata.pop("managedFields", None)
    return {**obj, "metadata": metadata}
