"""The ClusterRole aggregation controller: copies the rules of selected roles into roles with an aggregation rule."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver import codec, fieldmanagers
from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer, Work
from kube_apiserver.controllers.label_selectors import selector_text
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.selectors import LabelSelector, SelectorError
from kube_apiserver.storage import Change, Item
from kube_apiserver.threads import LONG_BYTES, off_loop
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

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._coalescer.interrupt()

    def restore(self, bucket: str, item: Item) -> None:
        """Enqueue an aggregated role that is in the store at startup."""
        if bucket == _BUCKET and _aggregates(item):
            self._coalescer.add(item.name)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue every aggregated role after a write to any ClusterRole, because any role may be selected."""
        del change
        if bucket == _BUCKET:
            self._coalescer.add(_EVERY)

    def _handle(self, name: str) -> Work:
        return self._aggregate_all() if name == _EVERY else self._aggregate(name)

    async def _aggregate_all(self) -> None:
        for item in list(self._roles()):
            if _aggregates(item):
                await self._aggregate(item.name)

    async def _aggregate(self, name: str) -> None:
        item = self._cluster.store.get(_BUCKET, name)
        resource = self._cluster.registry.for_bucket(_BUCKET)
        if item is None or resource is None:
            return
        others = [role for role in self._roles() if role.name != name]
        # A role may have as many selectors and rules as a request has room for.
        is_long = sum(len(role.raw) for role in (item, *others)) > LONG_BYTES
        changed = await off_loop(is_long, _aggregated, resource, item, others, self._cluster.clock.now())
        if changed is None:
            return
        if self._cluster.store.get(_BUCKET, name) is item:
            store(self._cluster, resource, changed)
        # Else the write meanwhile has enqueued every role.

    def _roles(self) -> Iterator[Item]:
        return self._cluster.store.bucket(_BUCKET).page("", "")


def _aggregates(item: Item) -> bool:
    return b'"aggregationRule"' in item.raw


def _aggregated(resource: ServedResource, item: Item, others: Sequence[Item], now: datetime) -> dict[str, Any] | None:
    """Return an aggregated role with the rules of the roles that it selects; None if it has them."""
    role = to_served(resource, item)
    rules = _selected_rules(resource, role, others)
    if rules == (role.get("rules") or []):
        return None
    config = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": item.name}}
    applied = fieldmanagers.apply(
        role,
        {**config, **({"rules": rules} if rules else {})},
        manager=_MANAGER,
        force=True,
        schema=resource.schema,
        api_version=resource.api_version,
        now=now,
    )
    return {**applied, "rules": applied.get("rules")}


def _selected_rules(resource: ServedResource, role: dict[str, Any], others: Sequence[Item]) -> list[Any]:
    """Return the rules of the selected roles without duplicates, ordered by selector and then by role name."""
    found: dict[bytes, Any] = {}
    selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    for text in dict.fromkeys(map(selector_text, selectors)):
        try:
            labels = LabelSelector.parse(text)
        except SelectorError:
            continue
        selected: list[Item] = []
        rest: list[Item] = []
        for item in others:
            (selected if labels.matches(item.labels) else rest).append(item)
        for item in selected:
            for rule in to_served(resource, item).get("rules") or ():
                found.setdefault(codec.token(rule), rule)
        others = rest  # all rules of a selected role are there
    return list(found.values())
