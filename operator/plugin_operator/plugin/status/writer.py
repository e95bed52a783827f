"""``StatusWriter``: writes the status of the objects of one controller; see ``Context.status``."""

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from structlog.types import FilteringBoundLogger

from plugin_operator.client import Client
from plugin_operator.errors import InvalidError, LeadershipLost, PluginOperatorError
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.kube.resource_versions import is_at_least, is_newer
from plugin_operator.plugin.status.field_trees import (
    Path,
    Tree,
    changes,
    covers,
    has_atomic_conditions,
    merged,
    projected,
    rebased,
    tree_of,
)
from plugin_operator.plugin.status.subjects import Subject, name_of, subject_of
from plugin_operator.plugin.writes.answer_memory import AnswerMemory
from plugin_operator.plugin.writes.turns import Turns

_GENERATION = "observedGeneration"
#: A server-side apply of a field that the schema lacks fails as a whole. Two places can lack this one.
_UNDECLARED = re.compile(rf"\.status(\.conditions)?(?:\[[^\]]*\])?\.{_GENERATION}: field not declared in schema")
_GENERATIONS = ("", ".conditions")


class _Known(msgspec.Struct, gc=False):
    """The last answer about one object, as JSON: decoded, thousands of them would cost the garbage collector time.

    Attributes:
        uid: uid of the object.
        version: resource version in the answer.
        status: status in the answer.
        owned: the fields of the status that this controller has applied, as a tree.
        is_atomic: whether ``conditions`` is one value to the server.
    """

    uid: str
    version: str
    status: bytes
    owned: bytes
    is_atomic: bool


class _Draft(msgspec.Struct, frozen=True):
    """A status that the author changes.

    Attributes:
        subject: the object.
        before: the status that the block started from.
        version: resource version of that status.
        key: namespace and name of the object.
    """

    subject: Subject
    before: Object
    version: str
    key: NamespacedName

    @property
    def kind(self) -> GroupVersionKind:
        """Kind of the object."""
        return self.subject.kind


class StatusWriter:
    """Writes the status of objects, and remembers the answers.

    Args:
        managers: returns the field managers of the controller, the current and the former ones.
        exists: reports whether an object of the reconciled kind exists.
        log: log of the controller.
    """

    def __init__(
        self,
        managers: Callable[[], Collection[str]],
        exists: Callable[[NamespacedName], bool],
        log: FilteringBoundLogger,
    ) -> None:
        self._managers = managers
        self._log = log
        self._known = AnswerMemory[tuple[GroupVersionKind, NamespacedName], _Known](lambda key: exists(key[1]))
        self._turns = Turns[tuple[GroupVersionKind, NamespacedName]]()
        self._undeclared: dict[GroupVersionKind, set[str]] = {}
        #: Identities of the objects in a block. A second block would take the changes of the first for its start.
        self._open: set[int] = set()

    @asynccontextmanager
    async def status(self, client: Client, obj: Any) -> AsyncIterator[Any]:
        """Yield the status of ``obj`` to change, and write it at the end; see ``Context.status``."""
        draft = self._begin(obj)
        subject = draft.subject
        subject.begin()
        self._open.add(id(obj))
        try:
            try:
                yield subject.draft
            except Exception:
                await self._write_conditions(client, draft)
                raise
            generation = subject.metadata.get("generation")
            if generation:
                subject.observe(generation)
            await self._write(client, draft, subject.status())
        finally:
            self._open.discard(id(obj))
            subject.end()

    def forget(self, where: Callable[[NamespacedName], bool]) -> None:
        """Forget the answers about the objects for which ``where`` returns true: another process may write them."""
        self._known.forget(lambda key: where(key[1]))

    def _begin(self, obj: Any) -> _Draft:
        """Put the newer of the object's status and the last answer into the object, below what its author changed."""
        subject = subject_of(obj)
        metadata, key = subject.metadata, name_of(subject)
        if id(obj) in self._open:
            raise ValueError(f"{subject.kind} {key} is in a block ctx.status already: change its status in that one")
        version, before = metadata.get("resourceVersion") or "", subject.read()
        known = self._answer_about(subject, key)
        if known is not None and is_newer(known.version, version):
            now = subject.status()
            changed, removed = changes(before, now)
            subject.replace(msgspec.json.decode(known.status))
            version, before = known.version, subject.status()
            if changed or removed:
                subject.change(rebased(before, now, changed, removed))
        return _Draft(subject, before, version, key)

    def _answer_about(self, subject: Subject, key: NamespacedName) -> _Known | None:
        known = self._known.get((subject.kind, key))
        return known if known is not None and known.uid == subject.metadata["uid"] else None

    async def _write_conditions(self, client: Client, draft: _Draft) -> None:
        """Write the conditions that a failed reconcile has set; its other changes are dropped."""
        conditions = self._conditions_in(draft)
        draft.subject.replace(draft.before)
        if conditions is None or conditions == draft.before.get("conditions"):
            return
        try:
            await self._write(client, draft, {**draft.before, "conditions": conditions})
        except LeadershipLost:
            raise
        except PluginOperatorError as error:
            # The exception of the reconcile is the one to report.
            namespace, name = draft.key
            self._log.warning("Conditions not written", namespace=namespace, name=name, error=str(error))

    def _conditions_in(self, draft: _Draft) -> Any:
        """Return the conditions of a status; None if it cannot be written, which a failed reconcile must not hide."""
        try:
            return draft.subject.status().get("conditions")
        except (PluginOperatorError, TypeError, ValueError) as error:
            namespace, name = draft.key
            self._log.warning("Conditions not written", namespace=namespace, name=name, error=str(error))
            return None

    async def _write(self, client: Client, draft: _Draft, after: Object) -> None:
        for _ in _GENERATIONS:
            try:
                await self._write_declared(client, draft, after)
            except InvalidError as error:
                place = _UNDECLARED.search(error.message)
                if place is None or (place[1] or "") in self._undeclared.setdefault(draft.kind, set()):
                    raise
                self._undeclared[draft.kind].add(place[1] or "")
            else:
                return
        await self._write_declared(client, draft, after)

    async def _write_declared(self, client: Client, draft: _Draft, after: Object) -> None:
        for place in self._undeclared.get(draft.kind, ()):
            _drop_generation(after, place)
        if not any(changes(draft.before, after)):
            return
        draft.subject.check(after)
        # Two blocks about one object, of two requests, can end at once. An apply removes what this controller owns and
        # does not send, so each one starts from the answer to the one before.
        async with self._turns.turn((draft.kind, draft.key)):
            await self._write_in_turn(client, draft, after)

    async def _write_in_turn(self, client: Client, draft: _Draft, after: Object) -> None:
        before, (changed, removed) = draft.before, changes(draft.before, after)
        known = self._answer_about(draft.subject, draft.key) or await self._read(client, draft)
        is_same = known.uid == draft.subject.metadata["uid"]
        if is_same and not is_at_least(draft.version, known.version):
            before = msgspec.json.decode(known.status)
            after = rebased(before, after, changed, removed)
            changed, removed = changes(before, after)
            if not changed and not removed:
                return
        # A write without an answer may have been applied: what is remembered would lack its fields, and the next apply
        # would remove them. So the next write reads the object.
        self._known.drop((draft.kind, draft.key))
        owned: Tree = msgspec.json.decode(known.owned)
        if any(not covers(owned, path) for path in removed) or (known.is_atomic and "f:conditions" in changed):
            answer = await self._patched(client, draft, after, changed, removed)
        else:
            answer = await self._applied(client, draft, projected(after, merged(owned, changed)))
        self._note(draft, after, answer)

    async def _read(self, client: Client, draft: _Draft) -> _Known:
        """Return what the server knows of the fields of an object that this process has not written yet."""
        live = await client.get(draft.kind, draft.key.name, draft.key.namespace or None)
        return self._seen(live)

    async def _applied(self, client: Client, draft: _Draft, status: Object) -> Object:
        namespace = {"namespace": draft.key.namespace} if draft.key.namespace else {}
        body = {
            "apiVersion": draft.kind.api_version,
            "kind": draft.kind.kind,
            # The uid keeps the apply from reaching another object of this name.
            "metadata": {"name": draft.key.name, **namespace, "uid": draft.subject.metadata["uid"]},
            "status": status,
        }
        return await client.apply(body, subresource="status", force=True)

    async def _patched(
        self, client: Client, draft: _Draft, after: Object, changed: Tree, removed: list[Path]
    ) -> Object:
        """Send a merge patch with the version: a list that is one value, or a field of another manager, is at stake."""
        status = _patch_of(after, changed)
        for path in removed:
            if not any(key.startswith("k:") for key in path):
                _remove(status, path)
            elif path[0] == "f:conditions":
                status["conditions"] = after.get("conditions")
        patch = {"metadata": {"resourceVersion": draft.version}, "status": status}
        return await client.patch(draft.kind, draft.key.name, patch, draft.key.namespace or None, subresource="status")

    def _note(self, draft: _Draft, after: Object, answer: Object) -> None:
        self._known.put((draft.kind, draft.key), self._seen(answer))
        if _GENERATION in after and _GENERATION not in (answer.get("status") or {}):
            self._undeclared.setdefault(draft.kind, set()).add("")
        draft.subject.answered(answer)

    def _seen(self, obj: Object) -> _Known:
        metadata = obj["metadata"]
        return _Known(
            metadata.get("uid") or "",
            metadata.get("resourceVersion") or "",
            msgspec.json.encode(obj.get("status") or {}),
            msgspec.json.encode(tree_of(obj, self._managers())),
            has_atomic_conditions(obj),
        )


def _patch_of(after: Mapping[str, Any], changed: Tree) -> Object:
    """Return a merge patch of the changed fields; a list is sent whole."""
    patch: Object = {}
    for key, below in changed.items():
        value = after[key[2:]]
        inner = bool(below) and isinstance(value, Mapping)
        patch[key[2:]] = (
            _patch_of(value, {name: each for name, each in below.items() if name != "."}) if inner else value
        )
    return patch


def _drop_generation(status: Object, place: str) -> None:
    """Take ``observedGeneration`` out of a status, or out of its conditions."""
    if not place:
        status.pop(_GENERATION, None)
        return
    for each in status.get("conditions") or ():
        each.pop(_GENERATION, None)


def _remove(patch: Object, path: Path) -> None:
    *parents, last = (key[2:] for key in path)
    for name in parents:
        patch = patch.setdefault(name, {})
    patch[last] = None
