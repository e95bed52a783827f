"""ConfigMaps and Secrets."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, is_config_key, messages
from kube_apiserver.strategies import Draft, Object, Strategy, selectable
from kube_apiserver.validation.fixed_values import IMMUTABLE

_DATA_LIMIT_BYTES = 1024 * 1024
_KEYS_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
_FROZEN = "Forbidden: field is immutable when `immutable` is set"


def _default_secret(obj: Draft) -> None:
    """Set data from stringData, and type."""
    text = obj.pop("stringData", None)
    if text:
        encoded = {key: b64encode((value or "").encode()).decode() for key, value in text.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}
    obj["type"] = obj.get("type") or "Opaque"


def _validate_config_map(obj: Object) -> list[Cause]:
    """Return the field errors of the keys and the size of data and binaryData."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    causes = []
    for key in sorted(data):
        where = f"data[{key}]"
        causes += [messages.invalid(where, key, problem) for problem in is_config_key(key)]
        if key in binary:
            causes.append(messages.invalid(where, key, "duplicate of key present in binaryData"))
    for key in sorted(binary):
        causes += [messages.invalid(f"binaryData[{key}]", key, problem) for problem in is_config_key(key)]
    return causes + _size_cause("[]", data, binary)


def _validate_secret(obj: Object) -> list[Cause]:
    """Return the field errors of the keys and the size of data, and the keys that type requires."""
    data = obj.get("data") or {}
    causes = [messages.invalid(f"data[{key}]", key, why) for key in sorted(data) for why in is_config_key(key)]
    wanted = _KEYS_OF_TYPE.get(obj.get("type", ""), ())
    causes += [Cause(f"data[{key}]", "FieldValueRequired", "Required value") for key in wanted if key not in data]
    return causes + _size_cause("data", data)


def _size_cause(field: str, *maps: Mapping[str, str] | None) -> list[Cause]:
    size = sum(len(value) for entries in maps for value in (entries or {}).values())
    if size <= _DATA_LIMIT_BYTES:
        return []
    return [Cause(field, "FieldValueTooLong", f"Too long: may not be more than {_DATA_LIMIT_BYTES} bytes")]


def _frozen(*fields: str) -> Callable[[Object, Object], list[Cause]]:
    def rule(old: Object, new: Object) -> list[Cause]:
        """Return the field errors of every change of content that is marked as immutable."""
        if not old.get("immutable"):
            return []
        changed = [] if new.get("immutable") else ["immutable"]
        changed += [name for name in fields if (old.get(name) or {}) != (new.get(name) or {})]
        return [Cause(name, "FieldValueForbidden", _FROZEN) for name in changed]

    return rule


def _validate_secret_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of type, or of content that is marked as immutable."""
    causes = []
    if old.get("type") != new.get("type"):
        causes.append(messages.invalid("type", new.get("type", ""), IMMUTABLE))
    return causes + _frozen("data")(old, new)


def _config_map_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ConfigMap."""
    return [name_cell(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), age_cell(obj, now)]


def _secret_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Secret. They show the number of its values, never a value."""
    return [name_cell(obj), obj.get("type", ""), len(obj.get("data") or ()), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        kind="ConfigMap",
        validate=_validate_config_map,
        validate_update=_frozen("data", "binaryData"),
        validates_change_first=True,
        has_generation=False,
        columns=columns("Name/name|Data|Age", _config_map_cells),
    ),
    Strategy(
        kind="Secret",
        default=_default_secret,
        validate=_validate_secret,
        validate_update=_validate_secret_update,
        validates_change_first=True,
        has_generation=False,
        columns=columns("Name/name|Type|Data|Age", _secret_cells),
        selectable_fields=selectable("type"),
    ),
)
