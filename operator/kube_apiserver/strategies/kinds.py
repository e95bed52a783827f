"""Preparation of objects of single kinds, following kube-apiserver's registry strategies and admission plugins."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.requests.request import Request
from kube_apiserver.strategies.pods import prepare_pod
from kube_apiserver.strategies.services import allocate

Object = dict[str, Any]
_NAME_LABEL = "kubernetes.io/metadata.name"
_NOT_READY = "node.kubernetes.io/not-ready"
_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


def default_create(request: Request, obj: Object) -> None:
    """Set the defaults that count as the creator's own fields in managedFields."""
    rule = _DEFAULT.get(request.resource.bucket)
    if rule is not None:
        rule(obj)


def prepare_create(request: Request, obj: Object) -> None:
    """Set the fields of a new, defaulted object that no field manager owns."""
    rule = _CREATE.get(request.resource.bucket)
    if rule is not None:
        rule(request, obj)


def prepare_update(request: Request, old: Object, new: Object) -> Object:
    """Return ``new`` with the fields restored from ``old`` that a write to this (sub)resource cannot change."""
    resource, subresource = request.resource, request.target.subresource
    if subresource in {"status", "approval"}:
        metadata = {**old["metadata"], "managedFields": new["metadata"].get("managedFields")}
        if metadata["managedFields"] is None:
            del metadata["managedFields"]
        restored = {key: value for key, value in old.items() if key != "status"}
        new = {**restored, "metadata": metadata, **({"status": new["status"]} if "status" in new else {})}
    elif resource.has_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
    rule = _UPDATE.get(resource.bucket)
    if rule is not None:
        rule(old, new)
    return new


def _secret(obj: Object) -> None:
    text = obj.pop("stringData", None)
    if text:
        data = obj["data"] = dict(obj.get("data") or {})
        data.update({key: b64encode(str(value).encode()).decode() for key, value in text.items()})
    obj.setdefault("type", "Opaque")


def _namespace_label(obj: Object) -> None:
    obj["metadata"]["labels"] = {**(obj["metadata"].get("labels") or {}), _NAME_LABEL: obj["metadata"].get("name", "")}


def _namespace(request: Request, obj: Object) -> None:
    del request
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj["status"] = {"phase": "Active"}


def _namespace_update(old: Object, new: Object) -> None:
    new["metadata"].setdefault("labels", {})[_NAME_LABEL] = new["metadata"]["name"]
    if "spec" in old:
        new["spec"] = old["spec"]


def _definition(request: Request, obj: Object) -> None:
    del request
    names = {"plural": "", "kind": ""}
    obj["status"] = {"conditions": None, "acceptedNames": names, "storedVersions": _with_storage(obj, [])}


def _definition_update(new: Object) -> None:
    """Add the storage version to ``status.storedVersions``."""
    status = dict(new.get("status") or {})
    new["status"] = {**status, "storedVersions": _with_storage(new, status.get("storedVersions") or [])}


def _with_storage(obj: Object, stored: list[str]) -> list[str]:
    first = next((version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")), None)
    return stored if first is None or first in stored else [*stored, first]


def _daemon_set(obj: Object) -> None:
    annotations = obj["metadata"].get("annotations") or {}
    obj["metadata"]["annotations"] = {_TEMPLATE_GENERATION: "1", **annotations}


def _node(obj: Object) -> None:
    """Taint a new node as not ready, like the admission plugin TaintNodesByCondition."""
    spec = obj.setdefault("spec", {})
    taints = spec.get("taints") or []
    if not any((taint.get("key"), taint.get("effect")) == (_NOT_READY, "NoSchedule") for taint in taints):
        spec["taints"] = [*taints, {"key": _NOT_READY, "effect": "NoSchedule"}]


def _claim(request: Request, obj: Object) -> None:
    del request
    finalizers = obj["metadata"].get("finalizers") or []
    name = "kubernetes.io/pvc-protection"
    obj["metadata"]["finalizers"] = finalizers if name in finalizers else [*finalizers, name]
    obj["status"] = {"phase": "Pending"}


def _job(request: Request, obj: Object) -> None:
    """Generate the selector and the pod labels of a Job that has no selector."""
    del request
    spec, metadata = obj["spec"], obj["metadata"]
    if spec.get("manualSelector") or spec.get("selector"):
        return
    uid, name = metadata["uid"], metadata.get("name", "")
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec["template"].setdefault("metadata", {})
    template["labels"] = {**(template.get("labels") or {}), **labels}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    if not metadata.get("labels"):
        metadata["labels"] = dict(template["labels"])


def _rules(obj: Object) -> None:
    """Set empty rules to null, as kube-apiserver reads them back from its storage."""
    obj["rules"] = obj.get("rules") or None


_DEFAULT: Mapping[str, Callable[[Object], None]] = {
    "secrets": _secret,
    "namespaces": _namespace_label,
    "daemonsets.apps": _daemon_set,
}
_CREATE: Mapping[str, Callable[[Request, Object], None]] = {
    "namespaces": _namespace,
    "nodes": lambda _call, obj: _node(obj),
    "pods": lambda _call, obj: prepare_pod(obj),
    "services": lambda request, obj: allocate(request.cluster, obj),
    "persistentvolumeclaims": _claim,
    "jobs.batch": _job,
    "roles.rbac.authorization.k8s.io": lambda _call, obj: _rules(obj),
    "clusterroles.rbac.authorization.k8s.io": lambda _call, obj: _rules(obj),
    "customresourcedefinitions.apiextensions.k8s.io": _definition,
}
_UPDATE: Mapping[str, Callable[[Object, Object], None]] = {
    "secrets": lambda _old, new: _secret(new),
    "namespaces": _namespace_update,
    "customresourcedefinitions.apiextensions.k8s.io": lambda _old, new: _definition_update(new),
    "roles.rbac.authorization.k8s.io": lambda _old, new: _rules(new),
    "clusterroles.rbac.authorization.k8s.io": lambda _old, new: _rules(new),
}
