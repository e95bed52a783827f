"""The gates of a child: which of them are closed and why, and what they wait for."""

from collections.abc import Collection
from typing import Any

import msgspec

from plugin_operator.client.typed_documents import is_typed, kind_of
from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.plugin.children.child_caches import ChildCaches, ReadCache
from plugin_operator.plugin.children.gates.readiness import unready_reason
from plugin_operator.plugin.context.children import ChildName, ReadyGate


class AwaitedObject(msgspec.Struct, frozen=True):
    """What a closed gate waits for.

    Attributes:
        kind: its kind; None for a model class or the name of a cache, which do not say the group.
        key: its namespace and name.
        reason: why the gate is closed.
        exists: whether it exists.
    """

    kind: GroupVersionKind | None
    key: NamespacedName
    reason: str
    exists: bool

    def is_among(self, children: Collection[ChildName]) -> bool:
        """Report whether it is one of these children, in any version."""
        return any(
            each.key == self.key
            and (self.kind is None or (each.kind.group, each.kind.kind) == (self.kind.group, self.kind.kind))
            for each in children
        )

    def child_in(self, children: Collection[ChildName]) -> ChildName | None:
        """Return the child that it is; None if it is none of these, or if its kind is not certain."""
        return next((each for each in children if self.kind is not None and self.is_among((each,))), None)


class ReadGates(msgspec.Struct, frozen=True):
    """The gates of one child.

    Attributes:
        awaited: the objects that do not exist, and the first that is not ready unless one before it does not exist.
    """

    awaited: tuple[AwaitedObject, ...]

    @property
    def closed(self) -> str:
        """Why the first closed one is closed; empty if all are open."""
        return self.awaited[0].reason if self.awaited else ""

    @property
    def absent(self) -> tuple[AwaitedObject, ...]:
        """The objects of all gates that do not exist."""
        return tuple(each for each in self.awaited if not each.exists)


class GateReader(msgspec.Struct, frozen=True):
    """Reads gates in the caches of a controller.

    Attributes:
        caches: know which kinds have namespaces.
        read: returns an object of a declared kind from the cache, or None.
    """

    caches: ChildCaches
    read: ReadCache

    async def state_of(self, gates: Collection[ReadyGate], namespace: str) -> ReadGates:
        """Read the gates of a child whose owner is in a namespace; those after a closed one are not judged.

        Raises:
            LookupError: a gate reads a kind without a cache.
        """
        awaited: list[AwaitedObject] = []
        for gate in gates:
            kind, key, obj = await self._object(gate, namespace)
            if obj is None:
                awaited.append(AwaitedObject(kind, key, f"{_shown(gate)} {key} does not exist", exists=False))
            elif not awaited and (reason := _closed(gate, obj)):
                awaited.append(AwaitedObject(kind, key, reason, exists=True))
        return ReadGates(tuple(awaited))

    async def _object(
        self, gate: ReadyGate, namespace: str
    ) -> tuple[GroupVersionKind | None, NamespacedName, Object | None]:
        key = NamespacedName(namespace if gate.namespace is None else gate.namespace, gate.name)
        obj = self.read(gate.kind, key)
        kind = _kind_of(gate.kind)
        if obj is None and key.namespace and not await self._is_namespaced(kind):
            key = NamespacedName("", gate.name)
            obj = self.read(gate.kind, key)
        return kind, key, obj

    async def _is_namespaced(self, kind: GroupVersionKind | None) -> bool:
        try:
            return kind is None or await self.caches.is_namespaced(kind)
        except PluginOperatorError:
            return True  # the kind is not served at present; the next reconcile asks again


def _closed(gate: ReadyGate, obj: Object) -> str:
    """Return why a gate on an object is closed; empty if it is open."""
    if gate.when is not None:
        return "" if gate.when(obj) else f"{_shown(gate)} {gate.name} does not pass when="
    reason = unready_reason(obj, gate.condition)
    return f"{_shown(gate)} {gate.name} is not ready: {reason}" if reason else ""


def _shown(gate: ReadyGate) -> str:
    return gate.kind.__name__ if isinstance(gate.kind, type) else str(gate.kind)


def _kind_of(kind: Any) -> GroupVersionKind | None:
    if isinstance(kind, GroupVersionKind):
        return kind
    if isinstance(kind, str):
        return GroupVersionKind.parse(kind) if "/" in kind else None
    return kind_of(kind) if is_typed(kind) else None
