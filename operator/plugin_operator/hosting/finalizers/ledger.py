"""The finalizers that objects may have, by the plugin that answers for them."""

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.ownership import cleanup_finalizer
from plugin_operator.plugin import ControllerDeclaration, ControllerIdentity
from plugin_operator.tasks import AnyFuture


class FinalizerKey(NamedTuple):
    """A finalizer on the objects of a kind, in any version."""

    group: str
    kind: str
    finalizer: str


class KeptFinalizer(msgspec.Struct, frozen=True):
    """A finalizer of a controller on the objects of its kind.

    Attributes:
        kind: kind of the objects.
        controller_id: id of the controller.
        namespaces: where the objects may be; empty for everywhere.
    """

    kind: GroupVersionKind
    controller_id: str
    namespaces: tuple[str, ...] = ()

    @property
    def finalizer(self) -> str:
        """The finalizer."""
        return cleanup_finalizer(self.controller_id)

    @property
    def key(self) -> FinalizerKey:
        """Identity in the ledger."""
        return FinalizerKey(self.kind.group, self.kind.kind, self.finalizer)


def kept_by(
    declaration: ControllerDeclaration, identity: ControllerIdentity, namespaces: tuple[str, ...]
) -> list[KeptFinalizer]:
    """Return the finalizers that a controller has, or would have with ``cleanup=``; none without a kind.

    Args:
        declaration: the declaration of the controller.
        identity: its current and former ids.
        namespaces: default namespaces; empty for all.
    """
    if declaration.for_ is None:
        return []
    return [KeptFinalizer(declaration.for_, each, declaration.namespaces or namespaces) for each in identity.ids]


class FinalizerLedger:
    """The finalizers that the plugins of one operator have put on since its start, and may still be on objects."""

    def __init__(self) -> None:
        self._entries: dict[FinalizerKey, tuple[str, KeptFinalizer]] = {}
        self._listeners: dict[str, Callable[[KeptFinalizer], None]] = {}
        self._jobs: dict[str, Callable[[], AnyFuture | None]] = {}
        #: Finalizers that a revision puts on which is about to be installed, by its plugin.
        self._claims: dict[str, frozenset[FinalizerKey]] = {}

    def listen(
        self, plugin: str, on_moved: Callable[[KeptFinalizer], None], job: Callable[[], AnyFuture | None]
    ) -> None:
        """Call ``on_moved`` when another plugin takes over what ``plugin`` answers for.

        Args:
            plugin: name of the plugin.
            on_moved: gets what was taken over.
            job: returns what takes finalizers of the plugin off at the moment, or None.
        """
        self._listeners[plugin] = on_moved
        self._jobs[plugin] = job

    def forget(self, plugin: str) -> None:
        """Drop the listener of a plugin."""
        self._listeners.pop(plugin, None)
        self._jobs.pop(plugin, None)
        self._claims.pop(plugin, None)

    def claim(self, plugin: str, wanted: Iterable[KeptFinalizer]) -> list[AnyFuture]:
        """Keep finalizers that a revision puts on, even before it is installed.

        Returns:
            What may still write on behalf of their present owners; the caller waits for it.
        """
        self._claims[plugin] = keys = frozenset(each.key for each in wanted)
        owners = {owner for key, (owner, _) in self._entries.items() if key in keys}
        return [job for owner in owners if owner in self._jobs and (job := self._jobs[owner]()) is not None]

    def give_back(self, plugin: str) -> None:
        """End the claim of a plugin, because its revision is installed, or will not be."""
        self._claims.pop(plugin, None)

    def add(self, plugin: str, kept: KeptFinalizer) -> None:
        """Let a plugin answer for a finalizer, which objects may have from now on."""
        owner, known = self._entries.get(kept.key, (plugin, kept))
        everywhere = not known.namespaces or not kept.namespaces
        namespaces = () if everywhere else tuple(sorted({*known.namespaces, *kept.namespaces}))
        self._entries[kept.key] = plugin, replace(kept, namespaces=namespaces)
        if owner != plugin and (moved := self._listeners.get(owner)) is not None:
            moved(known)

    def take_over(self, plugin: str, kept: KeptFinalizer) -> None:
        """Let a plugin answer for a finalizer of its controller's id, if objects may have it."""
        if kept.key in self._entries:
            self.add(plugin, kept)

    def known(self, plugin: str, kept: KeptFinalizer) -> KeptFinalizer:
        """Return what is known of a finalizer: with the namespaces of all revisions."""
        owner, found = self._entries.get(kept.key, (plugin, kept))
        return found if owner == plugin else kept

    def owed(self, plugin: str, current: Iterable[KeptFinalizer]) -> list[KeptFinalizer]:
        """Return what a plugin must take off: what it answers for, without that of its ``current`` controllers.

        What is claimed is not taken off either.
        """
        keep: Collection[FinalizerKey] = {each.key for each in current}.union(*self._claims.values())
        return [kept for key, (owner, kept) in self._entries.items() if owner == plugin and key not in keep]

    def settle(self, plugin: str, kept: KeptFinalizer) -> None:
        """Note that no object has a finalizer any more."""
        if self._entries.get(kept.key, ("", kept))[0] == plugin:
            del self._entries[kept.key]
