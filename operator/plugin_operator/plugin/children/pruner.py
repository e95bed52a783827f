"""``Pruner``: deletes the children that a controller has marked and does not declare any more."""

from collections.abc import Callable, Collection

from structlog.types import FilteringBoundLogger

from plugin_operator.client import Client
from plugin_operator.errors import ConflictError
from plugin_operator.kube import NamespacedName
from plugin_operator.kube.ownership import OWNER_UID_LABEL
from plugin_operator.plugin.children.child_caches import CachedChild, ChildCaches
from plugin_operator.plugin.children.errors import CacheNotReadyError
from plugin_operator.plugin.children.marks import Owner
from plugin_operator.plugin.children.prune_budget import PruneBudget
from plugin_operator.plugin.context.children import ChildName
from plugin_operator.plugin.context.recorder import Recorder

_RETRY_SECONDS = 5.0

Names = tuple[ChildName, ...]


class Pruner:
    """Deletes children within a limit, with uid and resource version as preconditions.

    Args:
        caches: of the kinds in ``owns``.
        budget: the limit of the controller.
        recorder: records an Event about an owner whose children are held.
        log: log of the controller.
        enqueue: enqueues a request after a delay in seconds.
    """

    def __init__(
        self,
        caches: ChildCaches,
        budget: PruneBudget,
        recorder: Recorder,
        log: FilteringBoundLogger,
        enqueue: Callable[[NamespacedName, float], None],
    ) -> None:
        self._caches = caches
        self._budget = budget
        self._recorder = recorder
        self._log = log
        self._enqueue = enqueue

    async def prune(
        self, client: Client, owner: Owner, declared: Collection[ChildName], spared: Collection[str] = ()
    ) -> tuple[Names, Names]:
        """Delete what an owner has beyond the declared children; return what was deleted, and what is held.

        Nothing is deleted in the ``spared`` namespaces.

        Nothing is deleted while a cache of a kind in ``owns`` is incomplete: what is declared may look absent.
        """
        surplus = [each for each in await self._surplus(owner, declared) if each[0].key.namespace not in spared]
        if not surplus:
            return (), ()
        if not all(self._caches.has_synced(kind) for kind in self._caches.kinds):
            self._enqueue(owner.key, _RETRY_SECONDS)
            return (), tuple(name for name, _ in surplus)
        return await self._deleted(client, owner, surplus)

    async def prune_unreached(self, client: Client, owner: Owner) -> Names:
        """Delete the children of a released owner that no owner reference reaches; return those that are left.

        A cache that has lost its kind since its first list keeps no owner: it has what the controller made.

        Raises:
            CacheNotReadyError: a cache of a kind in ``owns`` has never been complete, so there may be others.
        """
        missing = [str(kind) for kind in self._caches.kinds if not self._caches.has_listed(kind)]
        if missing:
            raise CacheNotReadyError(sorted(missing))
        far = [each for each in await self._surplus(owner, ()) if OWNER_UID_LABEL in (each[1].metadata().labels or {})]
        return (await self._deleted(client, owner, far))[1]

    async def _deleted(
        self, client: Client, owner: Owner, surplus: Collection[tuple[ChildName, CachedChild]]
    ) -> tuple[Names, Names]:
        pruned: list[ChildName] = []
        held: list[ChildName] = []
        changed: list[ChildName] = []
        for name, child in surplus:
            if held or not self._budget.take():
                held.append(name)
            elif await _is_deleted(client, name, child):
                pruned.append(name)
            else:
                changed.append(name)
        if held:
            self._hold(owner, held)
        if changed:
            self._enqueue(owner.key, _RETRY_SECONDS)
        return tuple(pruned), (*changed, *held)

    async def _surplus(self, owner: Owner, declared: Collection[ChildName]) -> list[tuple[ChildName, CachedChild]]:
        kept = {(name.kind.group, name.kind.kind, name.key) for name in declared}
        return [
            (ChildName(kind, child.key), child)
            for kind in sorted(self._caches.kinds, key=str)
            for child in await self._caches.of_owner(kind, owner.uid)
            if (kind.group, kind.kind, child.key) not in kept and child.metadata().deletion_timestamp is None
        ]

    def _hold(self, owner: Owner, held: Collection[ChildName]) -> None:
        after = self._budget.free_in_seconds
        self._enqueue(owner.key, after)
        namespace, name = owner.key
        first = next(iter(held))
        self._log.warning(
            "Pruning held",
            namespace=namespace,
            name=name,
            held=len(held),
            first=str(first),
            max_prune=self._budget.most,
            next_in_seconds=round(after, 1),
        )
        message = (
            f"children that are not declared any more wait, {len(held)} of them, the first is {first}: the controller "
            f"deletes {self._budget.most} a minute (max_prune)"
        )
        self._recorder.event(owner.document, "Warning", "PruningHeld", message)


async def _is_deleted(client: Client, name: ChildName, child: CachedChild) -> bool:
    """Delete a child; False if it has changed since it was read, and is to be judged again."""
    metadata = child.metadata()
    try:
        await client.delete(
            name.kind,
            name.key.name,
            name.key.namespace or None,
            uid=metadata.uid,
            resource_version=child.resource_version,
            missing_ok=True,
        )
    except ConflictError:
        return False
    return True
