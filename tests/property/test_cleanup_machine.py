"""``cleanup=`` as a state machine: deletions, selectors, edits, crashes and lost answers, over a cache that lags.

Two things hold. An object with something made for it never disappears, and never loses the finalizer, before a cleanup
has ended after its last reconcile. Once all is quiet, no finalizer is left that nothing will take off.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from plugin_operator.cache import CachedObject
from plugin_operator.controllers import Request, Result
from plugin_operator.errors import ApiConnectionError, ConflictError, NotFoundError
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject, LiveFinalizers
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.plugin import Cleaning, ControllerScope, ObjectCleanup

KIND = GroupVersionKind.parse("v1/ConfigMap")
KEY = NamespacedName("default", "a")
FINALIZER = "plugin-operator.cleanup/one"
OTHER = "example.com/other"
RETRIES = 20


class Server:
    """One object on a server, with the rules for finalizers."""

    def __init__(self) -> None:
        self.obj: dict[str, Any] | None = None
        self.version = 0
        self.uids = 0
        self.is_made = False
        self.lost = ""

    def write(self, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        assert self.obj is not None
        self.version += 1
        metadata = {**self.obj["metadata"], "resourceVersion": str(self.version)}
        self.obj = {**self.obj, "metadata": metadata}
        change(metadata)
        answer = self.obj
        if metadata.get("deletionTimestamp") and not metadata["finalizers"]:
            self.obj = None
        return answer

    def create(self, *, selected: bool) -> None:
        self.uids += 1
        metadata = {"name": "a", "namespace": "default", "uid": str(self.uids), "finalizers": []}
        self.obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        self.write(lambda metadata: metadata.update(labels={"on": "yes"} if selected else {}))

    async def get(self, _kind: Any, _name: Any = None, _namespace: Any = None) -> Any:
        if self.obj is None:
            raise NotFoundError(404, "NotFound", "gone")
        return msgspec.json.decode(msgspec.json.encode(self.obj))

    async def patch(self, _kind: Any, _name: Any, patch: Any, _namespace: Any = None) -> Any:
        lost, self.lost = self.lost, ""
        if lost == "request":
            raise ApiConnectionError("the request is lost")
        change = patch["metadata"]
        if self.obj is None:
            raise NotFoundError(404, "NotFound", "gone")
        known = self.obj["metadata"]
        if (known["uid"], known["resourceVersion"]) != (change["uid"], change["resourceVersion"]):
            raise ConflictError(409, "Conflict", "it has changed")
        answer = self.write(lambda metadata: metadata.update(finalizers=change["finalizers"]))
        if lost == "answer":
            raise ApiConnectionError("the answer is lost")
        return answer


class Cache:
    """The lister of the controller's cache, which follows when a test says so."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.known: CachedObject | None = None

    def sync(self) -> None:
        obj = self._server.obj
        is_selected = obj is not None and obj["metadata"]["labels"]
        version = obj["metadata"]["resourceVersion"] if obj is not None else ""
        self.known = CachedObject(msgspec.json.encode(obj), "default", "a", version) if is_selected else None

    def cached(self, _key: Any) -> CachedObject | None:
        return self.known


class NoRecorder:
    def event(self, *_: Any) -> None: ...


class CleanupMachine(RuleBasedStateMachine):
    """One object, one controller, and what happens to both."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.cache = Cache(self.server)
        self.has_cleanup = True
        self.fails = False
        self._begin()

    def _begin(self) -> None:
        """Start a process, which knows nothing of the one before, and looks for strays."""
        client: Any = self.server
        scope = ControllerScope(
            plugin="p",
            revision="1",
            controller="one",
            kind=KIND,
            client=client,
            recorder=NoRecorder(),
            listers={},
            own_lister=lambda: self.cache,
            finalizer=FINALIZER,
        )
        self.cleanup = ObjectCleanup(
            scope, clean=self._clean, is_selected=True, selects=self._selects, count=lambda _: None
        )

    async def _selects(self, _request: Request) -> bool:
        return self.server.obj is not None and bool(self.server.obj["metadata"]["labels"])

    async def _clean(self, _request: Request, _cached: CachedObject) -> Result | None:
        if self.fails:
            raise ValueError("not now")
        self.server.is_made = False
        return None

    async def _reconcile(self, _request: Request) -> None:
        if self.cache.known is None:
            return
        assert FINALIZER in self._finalizers(), "reconciled without the finalizer"
        self.server.is_made = True

    def _finalizers(self) -> list[str]:
        found: list[str] = self.server.obj["metadata"]["finalizers"] if self.server.obj is not None else []
        return found

    def _run(self, work: Awaitable[Any]) -> None:
        async def contained() -> None:
            try:
                await work
            except (ApiConnectionError, ValueError):
                return

        asyncio.run(contained())

    async def _turn(self) -> None:
        if not self.has_cleanup:
            return
        act = await self.cleanup.admit(KEY, self._reconcile)
        if act is not None:
            result = await act(KEY)
            if isinstance(act, Cleaning):
                await act.finish(result)

    @rule(selected=st.booleans())
    def create(self, selected: bool) -> None:
        if self.server.obj is None:
            self.server.create(selected=selected)

    @precondition(lambda self: self.server.obj is not None)
    @rule(selected=st.booleans())
    def label(self, selected: bool) -> None:
        self.server.write(lambda metadata: metadata.update(labels={"on": "yes"} if selected else {}))

    @precondition(lambda self: self.server.obj is not None)
    @rule(is_on=st.booleans())
    def other_finalizer(self, is_on: bool) -> None:
        found = [each for each in self._finalizers() if each != OTHER]
        if not is_on or not self._is_deleted():
            self.server.write(lambda metadata: metadata.update(finalizers=[*found, OTHER] if is_on else found))

    def _is_deleted(self) -> bool:
        return self.server.obj is not None and bool(self.server.obj["metadata"].get("deletionTimestamp"))

    @precondition(lambda self: self.server.obj is not None)
    @rule()
    def delete(self) -> None:
        self.server.write(lambda metadata: metadata.update(deletionTimestamp="2030-01-01T00:00:00Z"))

    @rule()
    def sync(self) -> None:
        self.cache.sync()

    @rule(lost=st.sampled_from(["", "", "request", "answer"]), fails=st.booleans())
    def reconcile(self, lost: str, fails: bool) -> None:
        self.server.lost, self.fails = lost, fails
        self._run(self._turn())
        self.server.lost, self.fails = "", False

    @rule()
    def restart(self) -> None:
        self.cache.sync()
        self._begin()
        self._search()

    def _search(self) -> None:
        if FINALIZER in self._finalizers() and self.cache.known is None:
            self.cleanup.add_stray(KEY)

    @rule()
    def edit_without_cleanup(self) -> None:
        """After its probation the finalizer goes; what was made stays, as the edit says."""
        self.has_cleanup, self.server.is_made = False, False
        self._release()
        self.cache.sync()

    @rule()
    def edit_with_cleanup(self) -> None:
        self.has_cleanup = True
        self.restart()

    def _release(self) -> None:
        if self.server.obj is None or FINALIZER not in self._finalizers():
            return
        metadata = self.server.obj["metadata"]
        obj = FinalizedObject(
            KIND, KEY, metadata["uid"], metadata["resourceVersion"], tuple(metadata["finalizers"]), self._is_deleted()
        )
        client: Any = self.server
        self._run(LiveFinalizers(client).take_off(obj, FINALIZER.__eq__))

    @invariant()
    def what_was_made_has_the_finalizer(self) -> None:
        assert not self.server.is_made or FINALIZER in self._finalizers()

    def teardown(self) -> None:
        """Once all is quiet, the finalizer is on exactly the objects that the controller reconciles."""
        for _ in range(RETRIES):
            self.cache.sync()
            self._run(self._turn())
        obj = self.server.obj
        lives = obj is not None and not self._is_deleted() and bool(obj["metadata"]["labels"])
        assert (FINALIZER in self._finalizers()) == (lives and self.has_cleanup)


CleanupMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestCleanup = CleanupMachine.TestCase


def test_an_object_made_again_under_the_name_of_a_cleaned_up_one_is_cleaned_up_too() -> None:
    machine = CleanupMachine()
    for made_again in (False, True):
        machine.create(selected=True)
        machine.sync()
        machine.reconcile("", fails=False)
        machine.sync()
        assert machine.server.is_made
        if not made_again:
            machine.delete()
            machine.sync()
            machine.reconcile("", fails=False)
            assert machine.server.obj is None
    machine.label(selected=False)
    machine.sync()
    machine.reconcile("", fails=False)
    assert machine._finalizers() == []
    assert not machine.server.is_made
