"""What an update of a Pod may change: images, tolerations, gates, a shorter deadline. A gated Pod may move, too."""

from collections.abc import Iterator
from typing import Any

from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.containers.containers import image_causes

_CONTAINERS = ("containers", "initContainers")
_MOST = 2**31 - 1
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)"
)
_TOLERATED = "existing toleration can not be modified except its tolerationSeconds"
_ADDITIONS = "only additions are allowed (no mutations or deletions)"


def pod_change_causes(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of every change but of images, tolerations, gates, grace period and shorter deadlines."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes: list[Cause] = []
    for name in _CONTAINERS:
        containers = after.get(name) or ()
        if len(before.get(name) or ()) != len(containers):
            return [*causes, messages.forbidden(f"spec.{name}", "pod updates may not add or remove containers")]
        for position, container in enumerate(containers):
            where = f"spec.{name}[{position}]"
            if not container.get("image"):
                causes.append(messages.required(f"{where}.image"))
            causes += image_causes(container, where)
    found, stops = _deadline(before, after)
    causes += found
    if stops:
        return causes
    if not _are_kept(before.get("tolerations") or (), after.get("tolerations") or ()):
        causes.append(messages.forbidden("spec.tolerations", _TOLERATED))
    causes += _gates(before, after)
    moved: dict[str, Any] = {}
    if before.get("schedulingGates"):
        causes += _moves(before, after)
        moved = {"nodeSelector": None, "affinity": None}
    if _fixed(before, moved) != _fixed(after, moved):
        causes.append(messages.forbidden("spec", f"pod updates may not change fields other than {_UPDATABLE}"))
    return causes


def _deadline(before: Object, after: Object) -> tuple[list[Cause], bool]:
    """Return the field errors of a change of the deadline, and whether there is no other after them."""
    limit, earlier = after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    path = "spec.activeDeadlineSeconds"
    if limit is None:
        detail = "must not update from a positive integer to nil value"
        return ([] if earlier is None else [messages.invalid(path, None, detail)]), False
    if not 0 <= limit <= _MOST:
        return [messages.invalid(path, limit, f"must be between 0 and {_MOST}, inclusive")], True
    if earlier is not None and earlier < limit:
        return [messages.invalid(path, limit, "must be less than or equal to previous value")], True
    return [], False


def _are_kept(before: Any, after: Any) -> bool:
    found = [_without_seconds(each) for each in after]
    return all(_without_seconds(each) in found for each in before)


def _without_seconds(toleration: Object) -> dict[str, Any]:
    return {key: value for key, value in toleration.items() if value and key != "tolerationSeconds"}


def _gates(before: Object, after: Object) -> Iterator[Cause]:
    known = {gate.get("name") for gate in before.get("schedulingGates") or ()}
    for position, gate in enumerate(after.get("schedulingGates") or ()):
        if (name := gate.get("name")) not in known:
            detail = f"only deletion is allowed, but found new scheduling gate '{name}'"
            yield messages.forbidden(f"spec.schedulingGates[{position}].name", detail)


def _moves(before: Object, after: Object) -> Iterator[Cause]:
    """Yield the field errors of a gated Pod whose node selector loses or changes a label."""
    selector, wanted = before.get("nodeSelector") or {}, after.get("nodeSelector") or {}
    if any(wanted.get(key) != value for key, value in selector.items()):
        yield messages.invalid("spec.nodeSelector", wanted, _ADDITIONS)


def _fixed(spec: Object, moved: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Pod that no update changes."""
    changeable = {"activeDeadlineSeconds", "tolerations", "schedulingGates", *moved}
    fixed = {name: value for name, value in spec.items() if name not in changeable}
    for name in _CONTAINERS:
        fixed[name] = [{key: value for key, value in each.items() if key != "image"} for each in spec.get(name) or ()]
    if (fixed.get("terminationGracePeriodSeconds") or 0) < 0:
        fixed["terminationGracePeriodSeconds"] = 1
    return {name: value for name, value in _semantic(fixed).items() if value != {}}


def _semantic(value: Any) -> Any:
    """Return a value as Go compares it: what is empty is absent."""
    if isinstance(value, dict):
        inside = {key: _semantic(item) for key, item in value.items()}
        return {key: item for key, item in inside.items() if item not in (None, [], "")}
    return [_semantic(item) for item in value] if isinstance(value, list) else value
