"""The gates of a child: which of them is closed, why, and whether anything may open it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from plugin_operator.client.typed_documents import is_typed, kind_of
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin.children.child_caches import ChildCaches, ReadCache
from plugin_operator.plugin.children.gates.readiness import unready_reason
from plugin_operator.plugin.context.children import ChildName, ReadyGate


@dataclass(frozen=True, slots=True)
class AbsentObject:
    """What a gate waits for, if that does not exist.

    Attributes:
        kind: its kind; None for a model class or the name of a cache, which do not say the group.
        key: its namespace and name.
    """

    kind: GroupVersionKind | None
    key: NamespacedName

    def is_among(self, children: Collection[ChildName]) -> bool:
        """Report whether it is one of these children, in any version."""
        return any(
            each.key == self.key
            and (self.kind is None or (each.kind.group, each.kind.kind) == (self.kind.group, self.kind.kind))
            for each in children
        )


@dataclass(frozen=True, slots=True)
class ClosedGate:
    """A closed gate: the reason, and what it waits for if that does not exist."""

    reason: str
    absent: AbsentObject | None = None


@dataclass(frozen=True, slots=True)
class GateReader:
    """Reads gates in the caches of a controller.

    Attributes:
        caches: know which kinds have namespaces.
        read: returns an object of a declared kind from the cache, or None.
    """

    caches: ChildCaches
    read: ReadCache

    async def closed(self, gates: Collection[ReadyGate], namespace: str) -> ClosedGate | None:
        """Return the first closed gate of a child whose owner is in a namespace; None if all are open.

        Raises:
            LookupError: a gate reads a kind without a cache.
        """
        for gate in gates:
            if (found := await self._closed(gate, namespace)) is not None:
                return found
        return None

    async def _closed(self, gate: ReadyGate, namespace: str) -> ClosedGate | None:
        shown = gate.kind.__name__ if isinstance(gate.kind, type) else str(gate.kind)
        key = NamespacedName(namespace if gate.namespace is None else gate.namespace, gate.name)
        obj = self.read(gate.kind, key)
        kind = _kind_of(gate.kind)
        if obj is None and key.namespace and not await self._is_namespaced(kind):
            key = NamespacedName("", gate.name)
            obj = self.read(gate.kind, key)
        if obj is None:
            return ClosedGate(f"{shown} {key} does not exist", AbsentObject(kind, key))
        if gate.when is not None:
            return None if gate.when(obj) else ClosedGate(f"{shown} {gate.name} does not pass when=")
        reason = unready_reason(obj, gate.condition)
        return ClosedGate(f"{shown} {gate.name} is not ready: {reason}") if reason else None

    async def _is_namespaced(self, kind: GroupVersionKind | None) -> bool:
        try:
            return kind is None or await self.caches.is_namespaced(kind)
        except PluginOperatorError:
            return True  # the kind is not served at present; the next reconcile asks again


def _kind_of(kind: Any) -> GroupVersionKind | None:
    if isinstance(kind, GroupVersionKind):
        return kind
    if isinstance(kind, str):
        return GroupVersionKind.parse(kind) if "/" in kind else None
    return kind_of(kind) if is_typed(kind) else None
