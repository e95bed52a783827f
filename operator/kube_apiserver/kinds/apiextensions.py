"""CustomResourceDefinitions. ``crds`` validates them; a controller establishes and deletes them."""

from datetime import datetime
from typing import Any

from kube_apiserver.crds.approval import approval_causes
from kube_apiserver.crds.definition import definition_causes, definition_warnings
from kube_apiserver.defaulting.client_configs import default_port
from kube_apiserver.defaulting.fields import member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import parts
from kube_apiserver.schema import Cause, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.conditions import set_condition
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed

#: The controller removes it after the custom objects.
FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
_COLUMNS = "Name/name|Scope|Versions|Created At:date|Group*1|Kind*1|ShortNames*1|Established:boolean*1"


def _default(obj: Draft) -> None:
    """Set singular, listKind, conversion strategy and ports of webhooks."""
    spec = member(obj, "spec")
    names = member(spec, "names")
    kind = str(names.get("kind") or "")
    names["singular"] = names.get("singular") or kind.lower()
    names["listKind"] = names.get("listKind") or (f"{kind}List" if kind else "")
    if spec.get("conversion") is None:
        spec["conversion"] = {"strategy": "None"}
    default_port((spec["conversion"].get("webhook") or {}).get("clientConfig") or {})


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set status."""
    del store
    names = {"plural": "", "kind": ""}
    obj["status"] = {"conditions": None, "acceptedNames": names, "storedVersions": _with_storage(obj, [])}


def _prepare_update(old: Object, new: Draft) -> None:
    """Set status.storedVersions: add the storage version."""
    del old
    status = dict(new.get("status") or {})
    new["status"] = {**status, "storedVersions": _with_storage(new, status.get("storedVersions") or [])}


def _with_storage(obj: Object, stored: list[str]) -> list[str]:
    first = next((version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")), None)
    return stored if first is None or first in stored else [*stored, first]


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of names, versions, schemas, rules, conversion, columns and approval."""
    causes = definition_causes(obj, () if old is None else _changed(old, obj))
    if old is not None:
        # The name depends on immutable fields, which are reported instead.
        causes = [cause for cause in causes if cause.field != "metadata.name"]
    return causes + approval_causes(obj, old)


def _changed(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of the resource's name, or of its scope or kind once it is established."""
    conditions = (old.get("status") or {}).get("conditions") or ()
    established = any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)
    fixed = (("scope",), ("names", "kind")) if established else ()
    causes = []
    for path in (*fixed, ("group",), ("names", "plural")):
        if is_changed(old, new, "spec", *path):
            value: Any = new["spec"]
            for name in path:
                value = value.get(name)
            causes.append(messages.invalid("spec." + ".".join(path), value or "", IMMUTABLE))
    return causes


def _begin_deletion(obj: Draft, now: str) -> None:
    finalizers = obj["metadata"]["finalizers"]
    obj["metadata"]["finalizers"] = finalizers if FINALIZER in finalizers else [*finalizers, FINALIZER]
    message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    set_condition(obj, "Terminating", "True", "InstanceDeletionPending", message, now)


def _cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a CustomResourceDefinition."""
    name, spec, status = parts(obj)
    kinds = spec.get("names") or {}
    versions = sorted(
        str(one.get("name", "")) + ("(storage)" if one.get("storage") else "")
        for one in spec.get("versions") or ()
        if one.get("served")
    )
    ready = any(
        (one.get("type"), one.get("status")) == ("Established", "True") for one in status.get("conditions") or ()
    )
    created_at = obj["metadata"].get("creationTimestamp") or "0001-01-01T00:00:00Z"  # a bookmark has no time
    shown = [spec.get("scope", ""), ",".join(versions), created_at, spec.get("group", "")]
    return [name, *shown, kinds.get("kind", ""), ",".join(kinds.get("shortNames") or ()), ready]


STRATEGIES = (
    Strategy(
        group="apiextensions.k8s.io",
        kind="CustomResourceDefinition",
        default=_default,
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        validate_with_old=_validate,
        validate_status=approval_causes,
        warn=definition_warnings,
        unconditional_update=False,
        columns=columns(_COLUMNS, _cells),
        deletion=Deletion(begin=_begin_deletion),
    ),
)
