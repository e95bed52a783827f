"""``DroppedKinds``: deletes the children of kinds that an edit has taken out of ``owns=``.

No reconcile finds them any more: their kind has no cache, and ``ctx.sync_children`` prunes declared kinds only. They
are deleted once the edit cannot be rolled back any more. After a restart nothing is known of them; the command
``orphans`` lists them.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple

import msgspec

from plugin_operator import logs
from plugin_operator.connection_backoff import Backoff
from plugin_operator.errors import ConflictError, LeadershipLost, NoMatchError, NotFoundError, PluginOperatorError
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.runtime.spec_builder import informer_keys
from plugin_operator.kube import GroupVersionKind, ObjectMeta
from plugin_operator.kube.ownership import CONTROLLER_LABEL, annotated_owner
from plugin_operator.plugin import BoundController, ControllerDeclaration, PruneBudget, owner_uid
from plugin_operator.tasks import Service, TaskOwner

_FIRST_RETRY_SECONDS = 5.0
_LAST_RETRY_SECONDS = 300.0

#: Group and kind: another version has the same objects.
_GroupKind = tuple[str, str]


class _Name(NamedTuple):
    """The children of one kind.

    With another reconciled kind, a controller of the same id is another one, which does not answer for them.
    """

    controller_id: str
    owner_kind: _GroupKind
    kind: _GroupKind


_log = logs.get_logger(__name__)


class DroppedKind(msgspec.Struct, frozen=True):
    """One kind that a controller has owned and does not own any more.

    Attributes:
        ids: the ids of the controller, current and former, one of which its children carry.
        kind: the kind.
        owner_kind: group and kind of the owners.
        controller: name of the controller.
        namespaces: where its children may be; None for all namespaces.
        max_prune: most deletions a minute.
        client: client of the controller in the revision that has owned the kind.
    """

    ids: tuple[str, ...]
    kind: GroupVersionKind
    owner_kind: _GroupKind
    controller: str
    namespaces: tuple[str | None, ...]
    max_prune: int
    client: Any


class DroppedKinds:
    """The dropped kinds of one plugin.

    Args:
        plugin: name of the plugin.
        environment: clock and budgets.
    """

    def __init__(self, plugin: str, environment: Environment) -> None:
        self._plugin = plugin
        self._environment = environment
        self._tasks = TaskOwner(f"plugin/{plugin}", clock=environment.clock, supervisor=environment.supervisor)
        self._waiting: dict[_Name, DroppedKind] = {}
        self._pruning: dict[_Name, Service] = {}
        self._problems: dict[_Name, str] = {}
        #: What a revision owns that is about to be installed.
        self._claimed: frozenset[_Name] = frozenset()
        self._deleting = asyncio.Lock()

    @property
    def note(self) -> str:
        """Which children are left, and why; empty if none are known."""
        return "; ".join(self._problems.values())

    async def claim(self, runtime: RevisionRuntime) -> None:
        """Delete nothing any more that a revision owns which is about to be installed; end a deletion in flight."""
        _, self._claimed = _declared_by(runtime)
        async with self._deleting:
            pass

    def give_back(self) -> None:
        """End the claim, because the revision was not installed."""
        self._claimed = frozenset()

    def swapped(self, old: RevisionRuntime | None, new: RevisionRuntime) -> None:
        """Note which kinds ``new`` has dropped, and leave alone those that it owns again.

        The children of a controller that ``new`` lacks are left alone too: another plugin may have it now.
        """
        self.give_back()
        owners, owned = _declared_by(new)
        for name in [*self._waiting, *self._pruning]:
            if name in owned or name[:2] not in owners:
                self._forget(name)
        for bound in old.bound.values() if old is not None else ():
            for dropped in self._owned(bound):
                name = _name(bound.declaration, bound.declaration.id, dropped.kind)
                if name not in owned and name[:2] in owners and name not in self._pruning:
                    self._waiting[name] = dropped

    def confirmed(self) -> None:
        """Begin to prune: the revision stays, and this process leads."""
        waiting, self._waiting = self._waiting, {}
        for name, dropped in waiting.items():
            kind, run = str(dropped.kind), partial(self._prune, name, dropped)
            self._pruning[name] = self._tasks.complete(run, f"prune/{dropped.controller}/{kind}", kind="prune-dropped")

    async def stop(self, deadline_seconds: float) -> None:
        """End all pruning, because the plugin or the process stops."""
        self._waiting.clear()
        self._pruning.clear()
        self._problems.clear()
        await self._tasks.stop(deadline_seconds)

    def _owned(self, bound: BoundController) -> Iterable[DroppedKind]:
        declaration = bound.declaration
        for cache in declaration.owns:
            keys = informer_keys(cache, declaration, self._environment.namespaces)
            places = tuple(dict.fromkeys(each.namespace for each in keys))
            yield DroppedKind(
                bound.scope.identity.ids,
                cache.kind,
                _group_kind(declaration.for_),
                declaration.name,
                places,
                declaration.max_prune,
                bound.scope.client,
            )

    def _forget(self, name: _Name) -> None:
        self._waiting.pop(name, None)
        self._problems.pop(name, None)
        if (pruning := self._pruning.pop(name, None)) is not None:
            pruning.cancel()

    async def _prune(self, name: _Name, dropped: DroppedKind) -> None:
        """Delete until nothing is left; errors are logged once and tried again."""
        clock = self._environment.clock
        budget = self._environment.prune_budgets.of(dropped.ids, dropped.max_prune, clock)
        backoff = Backoff(clock, base_seconds=_FIRST_RETRY_SECONDS, cap_seconds=_LAST_RETRY_SECONDS)
        pruned = 0
        while True:
            try:
                deleted, wait_seconds = await self._delete_some(name, dropped, budget)
                pruned += deleted
                self._problems.pop(name, None)
            except LeadershipLost:
                break
            except PluginOperatorError as error:
                self._failed(name, dropped, error)
                wait_seconds = backoff.next_seconds()
            if wait_seconds is None:
                break
            await clock.sleep(wait_seconds)
        if pruned:
            _log.info("Children of a dropped kind pruned", **self._fields(dropped), pruned=pruned)
        self._pruning.pop(name, None)

    async def _delete_some(self, name: _Name, dropped: DroppedKind, budget: PruneBudget) -> tuple[int, float | None]:
        """Delete as many children as the budget allows.

        Returns:
            The number of deletions, and when to continue in seconds; None if nothing is left.
        """
        deleted, changed = 0, False
        for namespace in dropped.namespaces:
            for metadata in await _children_in(namespace, dropped):
                async with self._deleting:
                    if name in self._claimed:
                        return deleted, _FIRST_RETRY_SECONDS
                    if not budget.take():
                        return deleted, budget.free_in_seconds
                    if await _is_deleted(dropped, metadata):
                        deleted += 1
                    else:
                        changed = True
        return deleted, _FIRST_RETRY_SECONDS if changed else None

    def _failed(self, name: _Name, dropped: DroppedKind, error: PluginOperatorError) -> None:
        reason = (
            f"children of {dropped.kind}, which {dropped.controller} does not own any more, cannot be deleted "
            f"({error}): 'plugin-operator orphans' lists them"
        )
        if self._problems.get(name) != reason:
            self._problems[name] = reason
            _log.warning("Children of a dropped kind left", **self._fields(dropped), reason=str(error))

    def _fields(self, dropped: DroppedKind) -> dict[str, str]:
        return {"plugin": self._plugin, "controller": dropped.controller, "kind": str(dropped.kind)}


def _declared_by(runtime: RevisionRuntime) -> tuple[frozenset[tuple[str, _GroupKind]], frozenset[_Name]]:
    """Return the controllers of a revision under all their ids, and the kinds that these own."""
    declared = [(each, known) for each in runtime.revision.declarations for known in runtime.identities[each.name].ids]
    owners = frozenset((known, _group_kind(each.for_)) for each, known in declared)
    return owners, frozenset(_name(each, known, cache.kind) for each, known in declared for cache in each.owns)


def _is_child(metadata: ObjectMeta, dropped: DroppedKind) -> bool:
    """Report whether an object is a child: labels alone are copied, as those of a Service to its EndpointSlices."""
    if not owner_uid(metadata, dropped.ids):
        return False
    if (owner := metadata.controller_of()) is not None:
        return (owner.api_version.rpartition("/")[0], owner.kind) == dropped.owner_kind
    group, kind = dropped.owner_kind
    return annotated_owner(metadata.annotations, GroupVersionKind(group, "", kind)) is not None


def _group_kind(kind: GroupVersionKind | None) -> _GroupKind:
    return (kind.group, kind.kind) if kind is not None else ("", "")


def _name(declaration: ControllerDeclaration, controller_id: str, kind: GroupVersionKind) -> _Name:
    return _Name(controller_id, _group_kind(declaration.for_), _group_kind(kind))


async def _children_in(namespace: str | None, dropped: DroppedKind) -> list[ObjectMeta]:
    selector = f"{CONTROLLER_LABEL} in ({','.join(dropped.ids)})"
    try:
        found = await dropped.client.list(dropped.kind, namespace, selector)
    except (NotFoundError, NoMatchError):
        return []  # the kind is not served any more, so there are no objects of it
    every = [msgspec.convert(each["metadata"], ObjectMeta) for each in found]
    return [each for each in every if each.deletion_timestamp is None and _is_child(each, dropped)]


async def _is_deleted(dropped: DroppedKind, metadata: ObjectMeta) -> bool:
    """Delete a child; False if it has changed since it was read."""
    try:
        await dropped.client.delete(
            dropped.kind,
            metadata.name,
            metadata.namespace or None,
            uid=metadata.uid,
            resource_version=metadata.resource_version,
            missing_ok=True,
        )
    except ConflictError:
        return False
    return True
