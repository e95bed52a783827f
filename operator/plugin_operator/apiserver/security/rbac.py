"""Role-based access control from the Roles, ClusterRoles and bindings that are stored."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.apiserver.security.authorization import Attributes
from plugin_operator.apiserver.security.rules import Rule
from plugin_operator.apiserver.security.user import MASTERS, User
from plugin_operator.apiserver.storage import Item, Store, item_key

_GROUP = "rbac.authorization.k8s.io"
_ROLES, _CLUSTER_ROLES = f"roles.{_GROUP}", f"clusterroles.{_GROUP}"
_BINDINGS, _CLUSTER_BINDINGS = f"rolebindings.{_GROUP}", f"clusterrolebindings.{_GROUP}"


class RoleBased:
    """Grants what roles grant, and everything to the admin's group."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._decoded: dict[str, tuple[int, dict[str, Any]]] = {}

    def allows(self, user: User, attributes: Attributes) -> bool:
        """Tell whether the user may."""
        if MASTERS in user.groups:
            return True
        return any(rule.allows(attributes) for rule in self.held(user, attributes.namespace))

    def rules(self, user: User, namespace: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the resource rules and the path rules a user has in a namespace, as reviews list them."""
        held = list(self.held(user, namespace))
        return [rule.body() for rule in held if rule.resources], [rule.body() for rule in held if rule.paths]

    def held(self, user: User, namespace: str) -> Iterator[Rule]:
        """Yield the rules that bindings give a user: those of the cluster, then those of a namespace."""
        for binding in self._objects(_CLUSTER_BINDINGS, ""):
            if _names(binding, user, ""):
                yield from self.rules_of(binding.get("roleRef") or {}, "")
        if not namespace:
            return
        for binding in self._objects(_BINDINGS, f"{namespace}/"):
            if _names(binding, user, namespace):
                yield from self.rules_of(binding.get("roleRef") or {}, namespace)

    def rules_of(self, reference: Mapping[str, Any], namespace: str) -> Iterator[Rule]:
        """Yield the rules of the role that a binding refers to; none if there is no such role."""
        name = reference.get("name", "")
        in_namespace = reference.get("kind") == "Role"
        bucket, key = (_ROLES, item_key(namespace, name)) if in_namespace else (_CLUSTER_ROLES, name)
        item = self._store.get(bucket, key)
        if item is None:
            return
        role = self._decode(bucket, item)
        if not in_namespace and role.get("aggregationRule"):
            yield from self._aggregated(role)
            return
        for raw in role.get("rules") or ():
            yield Rule.of(raw)

    def _aggregated(self, role: Mapping[str, Any]) -> Iterator[Rule]:
        selectors = [entry.get("matchLabels") or {} for entry in role["aggregationRule"]["clusterRoleSelectors"]]
        for item in self._store.bucket(_CLUSTER_ROLES).page("", ""):
            if any(wanted.items() <= item.labels.items() for wanted in selectors if wanted):
                for raw in self._decode(_CLUSTER_ROLES, item).get("rules") or ():
                    yield Rule.of(raw)

    def _objects(self, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        for item in self._store.bucket(bucket).page(prefix, ""):
            yield self._decode(bucket, item)

    def _decode(self, bucket: str, item: Item) -> dict[str, Any]:
        """Return an object decoded once for each of its revisions."""
        key = f"{bucket}/{item.key}"
        known = self._decoded.get(key)
        if known is None or known[0] != item.revision:
            known = self._decoded[key] = (item.revision, item.decode())
        return known[1]


def _names(binding: Mapping[str, Any], user: User, namespace: str) -> bool:
    """Tell whether a binding has the user among its subjects."""
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "User" and name == user.name:
            return True
        if kind == "Group" and name in user.groups:
            return True
        account = f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"
        if kind == "ServiceAccount" and account == user.name:
            return True
    return False
