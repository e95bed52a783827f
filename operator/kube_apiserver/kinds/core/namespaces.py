"""Namespaces. A controller deletes what a terminating one contains."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, is_dns1123_label, is_qualified_name, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy, selectable

_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_NAME_LABEL = "kubernetes.io/metadata.name"


def _default(obj: Draft) -> None:
    """Set status.phase."""
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Active"


def _default_new(obj: Draft) -> None:
    """Set the label of the name."""
    obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), _NAME_LABEL: obj["metadata"].get("name", "")}


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set the finalizer of Kubernetes and status.phase."""
    del store
    finalizers = (obj.get("spec") or {}).get("finalizers") or []
    obj["spec"] = {"finalizers": finalizers if "kubernetes" in finalizers else [*finalizers, "kubernetes"]}
    obj["status"] = {"phase": "Active"}


def _prepare_update(old: Object, new: Draft) -> None:
    """Set the label of the name."""
    del old
    new["metadata"]["labels"] = {**(new["metadata"].get("labels") or {}), _NAME_LABEL: new["metadata"]["name"]}


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop changes of spec.finalizers, which only the subresource finalize writes."""
    if old is None or obj.get("spec") == old.get("spec"):
        return {**obj}
    kept = {name: value for name, value in obj.items() if name != "spec"}
    return {**kept, "spec": old["spec"]} if "spec" in old else kept


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of spec.finalizers."""
    path, causes = "spec.finalizers", []
    for name in (obj.get("spec") or {}).get("finalizers") or ():
        causes += [messages.invalid(path, name, why) for why in is_qualified_name(name)]
        if "/" not in name and name not in _FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            causes.append(messages.invalid(path, name, detail))
    return causes


def _validate_status(new: Object, old: Object) -> list[Cause]:
    """Return the field errors of status.phase, which says whether the namespace is deleted."""
    del old
    phase, is_deleted = (new.get("status") or {}).get("phase") or "", bool(new["metadata"].get("deletionTimestamp"))
    wanted, state = ("Terminating", "not empty") if is_deleted else ("Active", "empty")
    detail = f"may only be '{wanted}' if `deletionTimestamp` is {state}"
    return [] if phase == wanted else [messages.invalid("status.Phase", phase, detail)]


def _name_problems(name: str) -> list[str]:
    return ["must not contain dots"] if "." in name else is_dns1123_label(name)


def _holds_content(obj: Object) -> bool:
    return bool((obj.get("spec") or {}).get("finalizers"))


def _terminate(obj: Draft) -> None:
    obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Namespace."""
    return [name_cell(obj), (obj.get("status") or {}).get("phase", ""), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        kind="Namespace",
        default=_default,
        default_new=_default_new,
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        as_kept=_as_kept,
        validate=_validate,
        validate_status=_validate_status,
        name_problems=_name_problems,
        prefix_problems=is_dns1123_label,
        reset_fields={"finalize": ("status",)},
        has_generation=False,
        columns=columns("Name/name|Status|Age", _cells),
        selectable_fields=selectable("status.phase"),
        deletion=Deletion(
            protected_names=frozenset({"default", "kube-public", "kube-system"}),
            holds_content=_holds_content,
            terminate=_terminate,
        ),
    ),
)
