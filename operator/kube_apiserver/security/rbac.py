"""The RBAC authorizer: evaluates the stored Roles, ClusterRoles and bindings."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kube_apiserver.security.authorization import Attributes
from kube_apiserver.security.rbac_rules import Rule
from kube_apiserver.security.user import MASTERS, User
from kube_apiserver.storage import Item, Store, item_key

_GROUP = "rbac.authorization.k8s.io"
_ROLES, _CLUSTER_ROLES = f"roles.{_GROUP}", f"clusterroles.{_GROUP}"
_BINDINGS, _CLUSTER_BINDINGS = f"rolebindings.{_GROUP}", f"clusterrolebindings.{_GROUP}"


class RbacAuthorizer:
    """Authorizes requests by RBAC. The group ``system:masters`` is always allowed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._decoded: dict[str, tuple[int, dict[str, Any]]] = {}

    def allows(self, user: User, attributes: Attributes) -> bool:
        """Report whether the user is allowed."""
        return self.allowed_by(user, attributes) is not None

    def allowed_by(self, user: User, attributes: Attributes) -> str | None:
        """Return the reason for allowing the user, "" for ``system:masters``, None if the user is not allowed."""
        if MASTERS in user.groups:
            return ""
        granted = self._granted(user, attributes.namespace)
        return next((f"RBAC: allowed by {grant}" for grant, rule in granted if rule.allows(attributes)), None)

    def rules(self, user: User, namespace: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return a user's resource rules and non-resource rules in a namespace, for SelfSubjectRulesReview."""
        held = list(self.held(user, namespace))
        return [rule.body() for rule in held if rule.resources], [rule.body() for rule in held if rule.paths]

    def held(self, user: User, namespace: str) -> Iterator[Rule]:
        """Yield the rules granted to a user: cluster-wide ones, then those of the namespace."""
        for _, rule in self._granted(user, namespace):
            yield rule

    def _granted(self, user: User, namespace: str) -> Iterator[tuple["_Grant", Rule]]:
        places = [("ClusterRoleBinding", _CLUSTER_BINDINGS, "")]
        if namespace:
            places.append(("RoleBinding", _BINDINGS, namespace))
        for kind, bucket, within in places:
            for binding in self._objects(bucket, f"{within}/" if within else ""):
                subject = _subject_of(binding, user, within)
                if subject is None:
                    continue
                for rule in self.rules_of(binding.get("roleRef") or {}, within):
                    yield _Grant(kind, within, binding, subject), rule

    def has_role(self, reference: Mapping[str, Any], namespace: str) -> bool:
        """Report whether the role of a binding exists."""
        return self._role(reference, namespace) is not None

    def rules_of(self, reference: Mapping[str, Any], namespace: str) -> Iterator[Rule]:
        """Yield the rules of the role of a binding, none if the role does not exist."""
        role = self._role(reference, namespace) or {}
        for raw in role.get("rules") or ():
            yield Rule.of(raw)

    def _role(self, reference: Mapping[str, Any], namespace: str) -> dict[str, Any] | None:
        name = reference.get("name", "")
        in_namespace = reference.get("kind") == "Role"
        bucket, key = (_ROLES, item_key(namespace, name)) if in_namespace else (_CLUSTER_ROLES, name)
        item = self._store.get(bucket, key)
        return None if item is None else self._decode(bucket, item)

    def _objects(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        for item in self._store.bucket(bucket).page(prefix, ""):
            yield self._decode(bucket, item)

    def _decode(self, bucket: str, item: Item) -> dict[str, Any]:
        """Return a decoded object, cached by its revision."""
        key = f"{bucket}/{item.key}"
        known = self._decoded.get(key)
        if known is None or known[0] != item.revision:
            known = self._decoded[key] = (item.revision, item.decode())
        return known[1]


class _Grant(msgspec.Struct, frozen=True):
    """A binding and its matching subject. ``str`` gives the text of kube-apiserver's RBAC authorizer."""

    kind: str
    namespace: str
    binding: Mapping[str, Any]
    subject: Mapping[str, Any]

    def __str__(self) -> str:
        role, name = self.binding["roleRef"], self.binding["metadata"]["name"]
        own = f"{name}/{self.namespace}" if self.namespace else name
        who = self.subject["name"]
        if self.subject["kind"] == "ServiceAccount":
            who = f"{who}/{self.subject.get('namespace') or self.namespace}"
        return f'{self.kind} "{own}" of {role["kind"]} "{role["name"]}" to {self.subject["kind"]} "{who}"'


def _subject_of(binding: Mapping[str, Any], user: User, namespace: str) -> Mapping[str, Any] | None:
    """Return the subject of a binding that matches the user, None if there is none."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        account = f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"
        if (
            (kind == "User" and name == user.name)
            or (kind == "Group" and name in user.groups)
            or (kind == "ServiceAccount" and account == user.name)
        ):
            found: Mapping[str, Any] = subject
            return found
    return None
