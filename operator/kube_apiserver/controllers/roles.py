"""The ClusterRole aggregation controller: copies the rules of selected roles into roles with an aggregation rule."""

from typing import Any

from kube_apiserver import codec, fieldmanagers
from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.controllers.label_selectors import selector_text
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.selectors import LabelSelector, SelectorError
from kube_apiserver.storage import Change, Item
from kube_apiserver.writes.write_pipeline import store

_BUCKET = "clusterroles.rbac.authorization.k8s.io"
_EVERY = ""
_MANAGER = "clusterrole-aggregation-controller"


class RoleAggregator:
    """Keeps the rules of aggregated ClusterRoles up to date."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._coalescer = Coalescer(self._handle)

    def stop(self) -> None:
        """Stop aggregating."""
        self._coalescer.stop()

    def restore(self, bucket: str, item: Item) -> None:
        """Enqueue an aggregated role that is in the store at startup."""
        if bucket == _BUCKET and _aggregates(item):
            self._coalescer.add(item.name)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue every aggregated role after a write to any ClusterRole, because any role may be selected."""
        del change
        if bucket == _BUCKET:
            self._coalescer.add(_EVERY)

    def _handle(self, name: str) -> None:
        if name != _EVERY:
            self._aggregate(name)
            return
        for item in list(self._cluster.store.bucket(_BUCKET).page("", "")):
            if _aggregates(item):
                self._aggregate(item.name)

    def _aggregate(self, name: str) -> None:
        item = self._cluster.store.get(_BUCKET, name)
        resource = self._cluster.registry.for_bucket(_BUCKET)
        if item is None or resource is None:
            return
        role = to_served(resource, item)
        rules = self._selected_rules(resource, role)
        if rules != (role.get("rules") or []):
            store(self._cluster, resource, self._applied(resource, role, rules))

    def _applied(self, resource: ServedResource, role: dict[str, Any], rules: list[Any]) -> dict[str, Any]:
        config = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": role["metadata"]["name"]},
        }
        applied = fieldmanagers.apply(
            role,
            {**config, **({"rules": rules} if rules else {})},
            manager=_MANAGER,
            force=True,
            schema=resource.schema,
            api_version=resource.api_version,
            now=self._cluster.clock.now(),
        )
        return {**applied, "rules": applied.get("rules")}

    def _selected_rules(self, resource: ServedResource, role: dict[str, Any]) -> list[Any]:
        """Return the rules of the selected roles without duplicates, ordered by selector and then by role name."""
        found: dict[bytes, Any] = {}
        for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
            try:
                labels = LabelSelector.parse(selector_text(selector))
            except SelectorError:
                continue
            for item in self._cluster.store.bucket(_BUCKET).page("", ""):
                if item.name != role["metadata"]["name"] and labels.matches(item.labels):
                    for rule in to_served(resource, item).get("rules") or ():
                        found.setdefault(codec.token(rule), rule)
        return list(found.values())


def _aggregates(item: Item) -> bool:
    return b'"aggregationRule"' in item.raw
