"""``ChildSynchronizer``: applies the declared children of an owner, and prunes those that are not declared any more.

A child is applied by server-side apply with force, as the controller's field manager. It is skipped if nothing has
changed since the last answer: neither what is sent, nor the resource version in the cache.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from plugin_operator.client import Client
from plugin_operator.client.models import to_dict
from plugin_operator.clock import Clock
from plugin_operator.errors import LeadershipLost, NotFoundError, PluginOperatorError, is_external
from plugin_operator.kube import Object, ObjectMeta
from plugin_operator.plugin.children.answers import Answer, Answers
from plugin_operator.plugin.children.child_caches import CachedChild, ChildCaches
from plugin_operator.plugin.children.declared_set import SetReader, WantedChild
from plugin_operator.plugin.children.errors import ChildExistsError
from plugin_operator.plugin.children.gates.closed_gates import ClosedGates
from plugin_operator.plugin.children.marks import Owner, is_ours, party_of
from plugin_operator.plugin.children.overwrites import OverwriteReport, count_revert, last_foreign_manager
from plugin_operator.plugin.children.owner_events import OwnerEvents
from plugin_operator.plugin.children.pruner import Pruner
from plugin_operator.plugin.context.children import ChildName, SyncedChildren


class ChildSynchronizer:
    """Keeps the children of all owners of one controller; see ``Context.sync_children``.

    Args:
        reader: checks and marks what the reconciler passes.
        answers: last answers, by owner and child.
        pruner: deletes what is not declared.
        report: reports children that another party keeps changing.
        events: reports children whose name another object has, or whose gate nothing opens.
        gates: remembers which children wait, and since when.
        clock: measures how often that happens.
    """

    def __init__(
        self,
        reader: SetReader,
        answers: Answers,
        pruner: Pruner,
        report: OverwriteReport,
        events: OwnerEvents,
        gates: ClosedGates,
        clock: Clock,
    ) -> None:
        self._reader = reader
        self._answers = answers
        self._pruner = pruner
        self._report = report
        self._events = events
        self._gates = gates
        self._clock = clock

    @property
    def long_closed(self) -> str:
        """See ``ChildSync.long_closed``."""
        return self._gates.long_closed

    @property
    def _caches(self) -> ChildCaches:
        return self._reader.caches

    async def sync(self, client: Client, owner: Any, children: Iterable[Any]) -> SyncedChildren:
        """Apply and prune; see ``Context.sync_children``."""
        if type(owner) in {list, tuple}:
            raise TypeError("sync_children takes the owner first: write sync_children(owner, [child])")
        found = Owner.of(to_dict(owner))
        wanted = await self._reader.wanted(found, children)
        applied: list[ChildName] = []
        unchanged: list[ChildName] = []
        waiting: list[tuple[ChildName, str]] = []
        errors: list[PluginOperatorError] = []
        # The garbage collector is about to delete the children of a deleted owner.
        for each in () if found.is_deleted else wanted:
            try:
                closed = await self._applied(client, found, each, applied, unchanged)
            except LeadershipLost:
                raise
            except PluginOperatorError as error:
                errors.append(error)
            else:
                waiting += [(each.name, closed)] if closed else []
        stuck = {each.name: each.way_out for each in wanted if each.way_out}
        fresh = self._gates.note(found.key, waiting, stuck.keys(), {each.name for each in wanted if each.is_unheard})
        self._events.waiting(found, [(name, reason, stuck[name]) for name, reason in waiting if name in fresh])
        taken = [each for each in errors if isinstance(each, ChildExistsError)]
        self._events.taken(found, taken)
        if len(taken) < len(errors):
            raise _first_of(errors)
        names = {each.name for each in wanted}
        self._forget(found, names)
        # What cannot take a name may be about to replace another object of its namespace, which stays.
        pruned, held = await self._pruner.prune(client, found, names, {each.namespace for each in taken})
        if errors:
            raise _first_of(errors)
        return SyncedChildren(tuple(applied), tuple(unchanged), pruned, tuple(waiting), held)

    async def release(self, client: Client, owner: Object) -> bool:
        """See ``ChildSync.release``."""
        return not await self._pruner.prune_unreached(client, Owner.of(owner))

    def _forget(self, owner: Owner, declared: Collection[ChildName]) -> None:
        """Drop the answers about children that are not declared any more."""
        known = self._known(owner)
        for gone in known.keys() - declared:
            del known[gone]
        if owner.is_deleted:
            self._answers.drop(owner.key)

    def _known(self, owner: Owner) -> dict[ChildName, Answer]:
        """Return the last answers about the children of an owner."""
        known = self._answers.get(owner.key)
        if known is None:
            known = {}
            self._answers.put(owner.key, known)
        return known

    async def _applied(
        self,
        client: Client,
        owner: Owner,
        child: WantedChild,
        applied: list[ChildName],
        unchanged: list[ChildName],
    ) -> str:
        """Apply a child unless it is as it was answered; return why it waits, or an empty text."""
        if child.closed:
            return child.closed
        cached = self._caches.get(*child.name)
        known = self._known(owner)
        last = known.get(child.name)
        same = last is not None and last.digest == child.digest
        if cached is not None and last is not None and same and last.version == cached.resource_version:
            unchanged.append(child.name)
            return ""
        existing = cached.metadata() if cached is not None else await _live(client, child.name)
        if existing is not None:
            if not child.adopt and not is_ours(
                existing, owner, self._reader.identity, last.uid if last is not None else ""
            ):
                party = party_of(existing, self._reader.identity)
                raise ChildExistsError(str(child.name), party, child.name.key.namespace)
            if existing.deletion_timestamp is not None:
                return "an object of this name is being deleted"
        known[child.name] = await self._send(client, owner, child, cached, existing, last if same else None)
        applied.append(child.name)
        return ""

    async def _send(
        self,
        client: Client,
        owner: Owner,
        child: WantedChild,
        cached: CachedChild | None,
        existing: ObjectMeta | None,
        last: Answer | None,
    ) -> Answer:
        """Apply a child and return the answer; ``last`` is that to the same document, if there was one."""
        document = child.document
        if existing is not None and existing.uid:
            # The apply must not reach another object of this name, which may have taken its place.
            document = {**document, "metadata": {**document["metadata"], "uid": existing.uid}}
        manager = ""
        if last is not None and self._report.is_due(last):
            found = await client.get(child.name.kind, child.name.key.name, child.name.key.namespace or None)
            manager = last_foreign_manager(to_dict(found))
        answer = to_dict(await client.apply(document, force=existing is not None))
        metadata = answer["metadata"]
        noted = Answer(child.digest, str(metadata.get("resourceVersion") or ""), str(metadata.get("uid") or ""))
        if last is not None and cached is not None and noted.version != cached.resource_version:
            count_revert(noted, last, self._clock.monotonic())
            if manager:
                self._report.overwritten(owner, child.name, manager, noted.reverts)
        return noted


async def _live(client: Client, name: ChildName) -> ObjectMeta | None:
    """Return the metadata of an object that no cache contains yet, or None."""
    try:
        found = to_dict(await client.get(name.kind, name.key.name, name.key.namespace or None))
    except NotFoundError:
        return None
    return msgspec.convert(found["metadata"], ObjectMeta)


def _first_of(errors: Sequence[PluginOperatorError]) -> PluginOperatorError:
    """Return the first error that is the plugin's fault, or else the first, with the others as notes.

    An external error would hide from the probation of an edit that the edit has broken another child.
    """
    first = next((each for each in errors if not is_external(each)), errors[0])
    for other in errors:
        if other is not first:
            first.add_note(f"and another child failed: {other}")
    return first
