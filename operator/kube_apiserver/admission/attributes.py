"""``Attributes``: what policies know of a write."""

from typing import Any

import msgspec

from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.request import Request
from kube_apiserver.strategies import Object

_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}


class Attributes(msgspec.Struct, frozen=True):
    """One write.

    Attributes:
        operation: ``CREATE``, ``UPDATE`` or ``DELETE``.
        resource: the resource of the path.
        namespace: namespace of the object; that of a Namespace is its own name.
        name: name of the object; empty while it is generated.
        obj: the object as it would be stored, None for a delete.
        old: the stored object, None for a create.
        user_info: the user, as in ``authentication.k8s.io``.
        options: the options of the write.
    """

    operation: str
    resource: ServedResource
    subresource: str
    namespace: str
    name: str
    obj: Object | None
    old: Object | None
    user_info: dict[str, Any]
    options: dict[str, Any]
    dry_run: bool

    @property
    def is_namespace(self) -> bool:
        """Whether the object is a Namespace."""
        return (self.resource.group, self.resource.plural) == ("", "namespaces")

    @property
    def shown_name(self) -> str:
        """The name in messages."""
        metadata = self.obj["metadata"] if self.obj is not None else {}
        return self.name or metadata.get("name") or metadata.get("generateName") or "Unknown"

    @property
    def _own_kind(self) -> dict[str, str]:
        obj = self.obj or self.old or {}
        group, _, version = obj["apiVersion"].rpartition("/")
        return {"group": group, "version": version, "kind": obj["kind"]}

    @property
    def _is_whole(self) -> bool:
        """Whether the object is of the kind of the resource, and not a Scale of it."""
        return self._own_kind == _kind(self.resource)

    def as_request(self, matched: ServedResource) -> dict[str, Any]:
        """Return the variable ``request`` of expressions.

        Args:
            matched: the resource that a rule of the policy names, in another version perhaps.
        """
        found = {
            "kind": _kind(matched) if self._is_whole else self._own_kind,
            "resource": _resource(matched),
            "subResource": self.subresource,
            "requestKind": self._own_kind,
            "requestResource": _resource(self.resource),
            "requestSubResource": self.subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.operation,
            "userInfo": self.user_info,
            "options": self.options,
            "dryRun": self.dry_run,
        }
        return {key: value for key, value in found.items() if value != ""}


def attributes_of(
    request: Request, operation: str, obj: Object | None, old: Object | None, *, dry_run: bool, name: str
) -> Attributes:
    """Return the attributes of a write of ``request``, see ``admit``."""
    target, resource = request.target, request.resource
    options: dict[str, Any] = {"kind": _OPTIONS[operation], "apiVersion": "meta.k8s.io/v1"}
    if dry_run:
        options["dryRun"] = ["All"]
    if operation != "DELETE":
        options |= {key: value for key in ("fieldManager", "fieldValidation") if (value := request.query.get(key))}
    name = target.name or name
    namespace = target.namespace
    if (resource.group, resource.plural) == ("", "namespaces"):
        namespace = name
    return Attributes(
        operation, resource, target.subresource, namespace, name, obj, old, request.user.info(), options, dry_run
    )


def _kind(resource: ServedResource) -> dict[str, str]:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _resource(resource: ServedResource) -> dict[str, str]:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}
