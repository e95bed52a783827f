"""Whatever the server does, the store and what handlers heard end equal to what the server has."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from plugin_operator.cache import CachedObject, InformerFactory, InformerKey, State
from plugin_operator.client import ApiRequest, Response, RESTMapper
from plugin_operator.errors import ApiConnectionError, NoMatchError, api_error
from plugin_operator.kube import GroupVersionKind, NamespacedName, Resource
from plugin_operator.metrics import Metrics
from plugin_operator.testing.virtual_clock import VirtualClock

WIDGET = GroupVersionKind("example.org", "v1", "Widget")
SERVED = Resource(WIDGET, "widgets", namespaced=True, verbs=frozenset({"list", "watch"}))
NAMES = [("a", "x"), ("a", "y"), ("b", "x"), ("", "z"), ("c", "ü")]
OPENING_FAULTS = ["refused", 400, 401, 403, 404, 410, 429, 500, 503, "stall"]
STREAM_FAULTS = ["break", "end", "cut", "garbage", "duplicate", "reorder", "stall", "blank", "split"]
STREAM_FAULTS += ["expired event", "failed event"]


def line(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}, separators=(",", ":")).encode() + b"\n"


Key = tuple[str, str]


class ModelServer:
    """Objects, one history, and faults on demand: the ``Transport`` and the mapper of the reflector under test."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.version = 100
        self.objects: dict[Key, dict[str, Any]] = {}
        self.history: list[Any] = []
        self.oldest = 100
        self.streams: list[Any] = []
        self.opening_faults: list[Any] = []
        self.streaming_lists = True
        self.kind_served = True
        self.away = False
        self.made = 0

    # the model

    def write(self, key: tuple[str, str], value: dict[str, Any]) -> None:
        self.version += 1
        kind = "MODIFIED" if key in self.objects else "ADDED"
        if kind == "ADDED":
            self.made += 1
        uid = self.objects[key]["metadata"]["uid"] if key in self.objects else f"uid-{self.made}"
        self.objects[key] = self.render(key, value, self.version, uid)
        self.publish(kind, self.objects[key])

    def delete(self, key: tuple[str, str]) -> None:
        if key in self.objects:
            self.version += 1
            gone = json.loads(json.dumps(self.objects.pop(key)))
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.publish("DELETED", gone)

    def render(self, key: tuple[str, str], value: dict[str, Any], version: int, uid: str) -> dict[str, Any]:
        return {
            "metadata": {
                "name": key[1],
                "uid": uid,
                **({"namespace": key[0]} if key[0] else {}),
                "resourceVersion": str(version),
                "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": value,
        }

    def publish(self, kind: str, obj: dict[str, Any]) -> None:
        self.history.append((self.version, kind, obj))
        for stream in self.streams:
            stream.send(line(kind, self.typed(obj)))

    def typed(self, obj: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "Widget", "apiVersion": "example.org/v1", **obj}

    def compact(self) -> None:
        self.oldest = self.version
        self.history.clear()

    def restore(self, version: int, objects: dict[tuple[str, str], dict[str, Any]]) -> None:
        """Go back to a backup, for which the server is taken down: everything since is lost, and nobody is told."""
        self.away = True
        self.version, self.objects = version, dict(objects)
        self.history.clear()
        self.oldest = version
        for stream in self.streams:
            stream.fail()

    # the transport

    async def resource_for(self, kind: GroupVersionKind) -> Resource:
        if not self.kind_served:
            raise NoMatchError(f"no {kind}")
        return SERVED

    def invalidate(self, kind: GroupVersionKind | None = None) -> None:
        pass

    async def opening(self, timeout_seconds: float) -> None:
        if self.away:
            raise ApiConnectionError("connection refused")
        fault = self.opening_faults.pop(0) if self.opening_faults else None
        if fault == "stall":
            await self.clock.sleep(timeout_seconds)
            raise ApiConnectionError("no answer in time")
        if fault == "refused":
            raise ApiConnectionError("connection refused")
        if fault is not None:
            raise api_error(fault, "", "on purpose", retry_after_seconds=3 if fault == 429 else None)
        if not self.kind_served:
            raise api_error(404, "NotFound", "no such resource")

    async def send(self, request: ApiRequest) -> Response:
        await self.opening(request.timeout_seconds)
        asked = dict(request.query)
        snapshot, objects, start = self.version, self.selected(asked), 0
        if token := asked.get("continue"):
            snapshot, start = (int(part) for part in token.split("/"))
            # The model forgets at once what a list showed that was begun before the last write.
            if snapshot != self.version:
                raise api_error(410, "Expired", "the continue token is too old")
        end = start + min(2, int(asked["limit"])) if "limit" in asked else len(objects)
        meta = {"resourceVersion": str(snapshot)}
        if end < len(objects):
            meta["continue"] = f"{snapshot}/{end}"
        return Response(200, {}, json.dumps({"kind": "List", "metadata": meta, "items": objects[start:end]}).encode())

    def selected(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        name = asked.get("fieldSelector", "").removeprefix("metadata.name=")
        return [obj for obj in self.objects.values() if not name or obj["metadata"]["name"] == name]

    @asynccontextmanager
    async def stream(self, request: ApiRequest) -> AsyncIterator[Any]:
        await self.opening(request.timeout_seconds)
        asked = dict(request.query)
        stream = ModelStream(self.clock, request.timeout_seconds, float(asked["timeoutSeconds"]))
        if asked.get("sendInitialEvents"):
            if not self.streaming_lists:
                raise api_error(422, "Invalid", "sendInitialEvents is forbidden")
            for obj in self.objects.values():
                stream.send(line("ADDED", self.typed(obj)))
            stream.send(self.bookmark({"k8s.io/initial-events-end": "true"}))
        else:
            since = int(asked["resourceVersion"])
            if since < self.oldest:
                stream.send(line("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}))
                stream.end()
            for version, kind, obj in self.history:
                if version > since:
                    stream.send(line(kind, self.typed(obj)))
        self.streams.append(stream)
        try:
            yield stream
        finally:
            self.streams.remove(stream)

    def bookmark(self, annotations: dict[str, str] | None = None) -> bytes:
        metadata = {"resourceVersion": str(self.version), "annotations": annotations or {}}
        return line("BOOKMARK", {"kind": "Widget", "metadata": metadata})

    def disturb(self, fault: str) -> None:
        """Do something to every open stream."""
        for stream in self.streams:
            last = self.history[-1] if self.history else None
            match fault:
                case "break":
                    stream.fail()
                case "end":
                    stream.end()
                case "cut":
                    stream.send(b'{"type":"ADDED","object":{"metadata":{"na')
                    stream.end()
                case "garbage":
                    stream.send(b'{"type":"ADDED","object":{"metadata":{"name":\xff}}}\n')
                case "duplicate" if last:
                    stream.send(line(last[1], self.typed(last[2])))
                case "reorder" if len(self.history) > 1:
                    earlier = self.history[-2]
                    stream.send(line(earlier[1], self.typed(earlier[2])))
                case "expired event":
                    stream.send(line("ERROR", {"kind": "Status", "code": 410, "reason": "Gone"}))
                case "failed event":
                    stream.send(line("ERROR", {"kind": "Status", "code": 500, "reason": "InternalError"}))
                case "stall":
                    stream.stalled = True
                case "blank":
                    stream.send(b"\n")
                case "split":
                    stream.piece = 7


class ModelStream:
    def __init__(self, clock: VirtualClock, silence_seconds: float, lasting_seconds: float) -> None:
        self.clock = clock
        self.silence_seconds = silence_seconds
        self.until = clock.monotonic() + lasting_seconds
        self.data = b""
        self.ended = self.failed = self.stalled = False
        self.piece = 1 << 20
        self.woken = asyncio.Event()

    def send(self, data: bytes) -> None:
        if not self.ended:
            self.data += data
            self.woken.set()

    def end(self) -> None:
        self.ended = True
        self.woken.set()

    def fail(self) -> None:
        self.failed = True
        self.woken.set()

    async def read(self) -> bytes:
        silent_until = self.clock.monotonic() + self.silence_seconds
        while True:
            if self.failed:
                raise ApiConnectionError("the stream broke")
            if self.data and not self.stalled:
                piece, self.data = self.data[: self.piece], self.data[self.piece :]
                return piece
            if self.ended and not self.stalled:
                return b""
            now = self.clock.monotonic()
            if now >= silent_until:
                raise ApiConnectionError("silent past the deadline")
            if now >= self.until and not self.stalled:
                return b""
            self.woken.clear()
            timer = self.clock.call_later(min(silent_until, max(self.until, now + 1)) - now, self.woken.set)
            try:
                await self.woken.wait()
            finally:
                timer.cancel()


class Mirror:
    """Rebuilds the objects from what a handler hears, and notes what a handler must never hear."""

    def __init__(self) -> None:
        self.objects: dict[NamespacedName, CachedObject] = {}
        self.wrong: list[Any] = []

    def on_add(self, key: NamespacedName, new: CachedObject, is_initial: bool) -> None:
        if key in self.objects:
            self.wrong.append(("added twice", key))
        self.objects[key] = new

    def on_update(self, key: NamespacedName, old: CachedObject, new: CachedObject) -> None:
        if self.objects.get(key) is not old:
            self.wrong.append(("updated from another version", key))
        self.objects[key] = new

    def on_delete(self, key: NamespacedName, old: CachedObject) -> None:
        if self.objects.pop(key, None) is None:
            self.wrong.append(("deleted twice", key))


keys = st.sampled_from(NAMES)
values = st.dictionaries(st.sampled_from(["p", "managedFields", "metadata"]), st.integers(0, 3) | st.text(max_size=3))


class Convergence(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = VirtualClock()
        self.server = ModelServer(self.clock)
        self.mirror = Mirror()
        self.backup: tuple[int, dict[Key, dict[str, Any]]] | None = None

    @initialize(streaming=st.booleans(), served=st.booleans(), present=st.dictionaries(keys, values))
    def start(self, streaming: bool, served: bool, present: dict[Key, dict[str, Any]]) -> None:
        self.server.streaming_lists, self.server.kind_served = streaming, served
        for key, value in present.items():
            self.server.write(key, value)
        self.loop.run_until_complete(self._start())

    async def _start(self) -> None:
        mapper = cast("RESTMapper", self.server)
        self.factory = InformerFactory(self.server, mapper, clock=self.clock, metrics=Metrics())
        self.informer = self.factory.acquire(InformerKey(WIDGET))
        self.informer.add_handler(self.mirror)
        await self.clock.settle()

    def pass_time(self, seconds: float) -> None:
        self.loop.run_until_complete(self.clock.advance(seconds))

    @rule(key=keys, value=values)
    def write(self, key: tuple[str, str], value: dict[str, Any]) -> None:
        self.server.write(key, value)
        self.pass_time(0)

    @rule(key=keys)
    def delete(self, key: tuple[str, str]) -> None:
        self.server.delete(key)

    @rule()
    def compact(self) -> None:
        self.server.compact()

    @rule()
    def bookmark(self) -> None:
        for stream in self.server.streams:
            stream.send(self.server.bookmark())

    @rule(fault=st.sampled_from(STREAM_FAULTS))
    def disturb_streams(self, fault: str) -> None:
        self.server.disturb(fault)
        self.pass_time(0)

    @rule(fault=st.sampled_from(STREAM_FAULTS), changes=st.dictionaries(keys, values, min_size=1), forget=st.booleans())
    def change_while_disturbed(self, fault: str, changes: dict[Key, dict[str, Any]], forget: bool) -> None:
        self.disturb_streams(fault)
        for key, value in changes.items():
            self.server.write(key, value)
        if forget:
            self.server.compact()

    @rule(key=keys, first=values, second=values)
    def deliver_an_old_version_late(self, key: tuple[str, str], first: dict[str, Any], second: dict[str, Any]) -> None:
        self.write(key, first)
        self.write(key, second)
        self.disturb_streams("reorder")

    @rule(faults=st.lists(st.sampled_from(OPENING_FAULTS), min_size=1, max_size=3))
    def disturb_openings(self, faults: list[Any]) -> None:
        self.server.opening_faults += faults

    @rule(served=st.booleans())
    def serve_the_kind_or_not(self, served: bool) -> None:
        self.server.kind_served = served

    @rule()
    def take_backup(self) -> None:
        self.backup = (self.server.version, dict(self.server.objects))

    @precondition(lambda self: self.backup is not None)
    @rule(changes=st.lists(st.tuples(keys, values), max_size=12))
    def restore_backup(self, changes: list[Any]) -> None:
        """It comes back when others have written to it already, often beyond our version."""
        assert self.backup is not None
        self.server.restore(*self.backup)
        self.come_back(changes)

    @rule(changes=st.lists(st.tuples(keys, values), max_size=12))
    def lose_everything(self, changes: list[Any]) -> None:
        self.server.restore(100, {})
        self.come_back(changes)

    @rule(changes=st.lists(st.tuples(keys, values), max_size=12))
    def become_another_server_unseen(self, changes: list[Any]) -> None:
        self.server.restore(100, {})
        self.server.away = False
        for key, value in changes:
            self.server.write(key, value)

    def come_back(self, changes: list[Any]) -> None:
        self.pass_time(60)
        for key, value in changes:
            self.server.write(key, value)
        self.server.away = False

    @rule(seconds=st.sampled_from([0.0, 0.3, 2.0, 30.0, 400.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.pass_time(seconds)

    @rule()
    def heal_and_compare(self) -> None:
        self.server.kind_served = True
        self.server.opening_faults.clear()
        for _ in range(10):
            self.pass_time(20)
            self.bookmark()
        expected: dict[tuple[str, ...], Any] = {key: self.server.typed(obj) for key, obj in self.server.objects.items()}
        for obj in expected.values():
            obj["metadata"] = {field: value for field, value in obj["metadata"].items() if field != "managedFields"}
        lister = self.informer.lister
        assert {tuple(key): lister.get(key) for key in lister.keys()} == expected  # noqa: SIM118 - not a dict
        assert {tuple(key): obj.decode() for key, obj in self.mirror.objects.items()} == expected
        assert len(lister) == len(expected)
        assert self.informer.has_synced
        assert self.informer.state is State.WATCHING
        assert self.mirror.wrong == []

    def teardown(self) -> None:
        try:
            if hasattr(self, "informer"):
                self.heal_and_compare()
        finally:
            if hasattr(self, "informer"):
                self.loop.run_until_complete(self.factory.stop())
            self.loop.close()


TestConvergence = Convergence.TestCase
TestConvergence.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
