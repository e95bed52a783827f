"""Rules of the core kinds."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]


def _secret(obj: Object) -> None:
    text = obj.pop("stringData", None)
    if text:
        data = obj["data"] = dict(obj.get("data") or {})
        data.update({key: b64encode(str(value).encode()).decode() for key, value in text.items()})
    obj.setdefault("type", "Opaque")


def _namespace(obj: Object) -> None:
    obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), _NAME_LABEL: obj["metadata"]["name"]}
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj["status"] = {"phase": "Active"}


def _namespace_update(old: Object, new: Object) -> None:
    labels = new["metadata"].setdefault("labels", {})
    labels[_NAME_LABEL] = new["metadata"]["name"]
    new["spec"], new["status"] = old["spec"], old["status"]


_NAME_LABEL = "kubernetes.io/metadata.name"

CREATE: dict[str, Callable[[Object], None]] = {"secrets": _secret, "namespaces": _namespace}
UPDATE: dict[str, Callable[[Object, Object], None]] = {
    "secrets": lambda _old, new: _secret(new),
    "namespaces": _namespace_update,
}
