"""A context for unit tests of a reconciler, without a server."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, overload

from plugin_operator.client import ApiClient, Client, RESTMapper
from plugin_operator.client.models import Model, declared_dict
from plugin_operator.client.typed_documents import kind_of
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object, Resource
from plugin_operator.kube.objects import ApiObject
from plugin_operator.plugin import Context, ControllerScope, PruneBudget, child_synchronizer, status_writer
from plugin_operator.plugin.context.recorder import EventType
from plugin_operator.plugin.declaration.options import ControllerOptions
from plugin_operator.plugin.listers.lister import Lister, T
from plugin_operator.testing.fakes.fake_children import FakeChildCaches
from plugin_operator.testing.fakes.fake_objects import FakeObjects
from plugin_operator.testing.permissions.fake_calls import CheckedFakes
from plugin_operator.testing.recording.observations import ObservedRecorder, RecordedEvent
from plugin_operator.testing.recording.writes import Failure, ObservedTransport, Write, WriteLog, planned_failures
from plugin_operator.testing.reports.log_lines import set_up
from plugin_operator.testing.scenarios.seeds import aware
from plugin_operator.testing.virtual_clock import VirtualClock

_CONTROLLER = "fake"

A = TypeVar("A", bound=ApiObject)
_MAX_PRUNE = ControllerOptions().max_prune


class Enqueued(NamedTuple):
    """One call of ``ctx.enqueue``.

    Attributes:
        request: the request.
        after: delay in seconds.
    """

    request: NamespacedName
    after: float


class FakeContext(Context[T]):
    """A ``Context`` over objects in memory; ``fake_context`` makes it.

    Attributes:
        events: the Events that were recorded, in order.
        enqueued: the requests that were enqueued, in order.
    """

    def __init__(
        self,
        scope: ControllerScope,
        request: NamespacedName,
        log: WriteLog,
        calls: CheckedFakes | None,
        events: list[RecordedEvent],
        enqueued: list[Enqueued],
    ) -> None:
        super().__init__(scope, request)
        self._writes = log
        self._calls = calls
        self.events = events
        self.enqueued = enqueued

    @property
    def client(self) -> Client:
        """API client for reading and writing objects."""
        if self._calls is not None:
            self._calls.accessed(sys._getframe(1))  # noqa: SLF001 - the documented way to find the caller
        return super().client

    def succeed(self) -> None:
        """Make the object, as it is now, the ``previous`` one, as after a successful reconcile. Raises nothing."""
        previous = self._previous()
        previous.succeeded(self.request, previous.current(self.request))

    @property
    def writes(self) -> list[Write]:
        """The writes that succeeded, in order. Raises nothing."""
        return [each for each in self._writes.writes if not each.error]

    @property
    def failed_writes(self) -> list[Write]:
        """The writes that failed, in order, with their errors. Raises nothing."""
        return [each for each in self._writes.writes if each.error]


@overload
def fake_context(
    objects: Iterable[A],
    *,
    request: NamespacedName | tuple[str, str] | None = None,
    kind: None = None,
    indexes: Mapping[str, Mapping[str, Callable[[Object], Iterable[str]]]] | None = None,
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    now: datetime | None = None,
    check_permissions: bool = True,
    cleanup: bool = False,
) -> FakeContext[A]: ...
@overload
def fake_context(
    objects: Iterable[Mapping[str, Any] | ApiObject] = (),
    *,
    request: NamespacedName | tuple[str, str] | None = None,
    kind: type[A],
    indexes: Mapping[str, Mapping[str, Callable[[Object], Iterable[str]]]] | None = None,
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    now: datetime | None = None,
    check_permissions: bool = True,
    cleanup: bool = False,
) -> FakeContext[A]: ...
@overload
def fake_context(
    objects: Iterable[Mapping[str, Any]] = (),
    *,
    request: NamespacedName | tuple[str, str] | None = None,
    kind: str | None = None,
    indexes: Mapping[str, Mapping[str, Callable[[Object], Iterable[str]]]] | None = None,
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    now: datetime | None = None,
    check_permissions: bool = True,
    cleanup: bool = False,
) -> FakeContext[Object]: ...
def fake_context(  # noqa: PLR0913 - each is a fact of its own
    objects: Iterable[Mapping[str, Any] | ApiObject] = (),
    *,
    request: NamespacedName | tuple[str, str] | None = None,
    kind: str | type[ApiObject] | None = None,
    indexes: Mapping[str, Mapping[str, Callable[[Object], Iterable[str]]]] | None = None,
    fail: Mapping[str, Failure | Sequence[Failure]] | None = None,
    now: datetime | None = None,
    check_permissions: bool = True,
    cleanup: bool = False,
) -> FakeContext[Any]:
    """Return a context for a plain call of a reconciler, without server, cache or event loop.

    ``client`` works on the objects and records its writes, with names, versions, conflicts, generations, finalizers and
    status as on an API server. The listers show each write at once. An ``apply`` of a built-in kind with a misspelled
    field or a wrong type is an InvalidError. Otherwise it does not validate, set defaults, track field owners
    (``apply`` merges, and replaces lists) or collect garbage: a ``scenario`` does. Every kind exists, and has a lister.

    Args:
        objects: the objects that exist, as dicts or of classes with ``@resource``; the first is the one to reconcile.
        request: the request; None means the first object.
        kind: the reconciled kind, which ``ctx.lister`` reads: text, or a class as in ``for_``. None means that of the
            first object, or its class.
        indexes: index functions by kind and name, as the declaration has them.
        fail: planned failures by verb, as for ``scenario``.
        now: the time of ``ctx.now()``, aware; None for the present second.
        check_permissions: whether a call that no rule of the plugin allows meets a ForbiddenError, and fails a test of
            pytest at its end. The plugin is the module of the calling code, if it declares controllers.
        cleanup: whether it is the context of a cleanup, in which ``client.delete`` of what does not exist succeeds.

    Raises:
        ValueError: an object has no apiVersion, kind or name, ``fail`` is wrong, or ``now`` has no time zone.

    Example:
        hello = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hello", "namespace": "default"}}
        ctx = fake_context([hello])
        await ctx.client.patch("v1/ConfigMap", ctx.request, {"data": {"greeting": "hi"}})
        assert ctx.lister.get(ctx.request)["data"] == {"greeting": "hi"}
        assert [str(write) for write in ctx.writes] == ["patch v1/ConfigMap default/hello"]
    """
    set_up()
    passed = list(objects)
    given = [declared_dict(each) for each in passed]
    if kind is None and passed and isinstance(passed[0], ApiObject):
        kind = type(passed[0])
    clock = VirtualClock(aware("now", now))
    fakes = FakeObjects(given, clock, indexes)
    log = WriteLog(lambda path: str(fakes.kind_of(path)), failures=planned_failures(fail or {}))
    first = given[0] if given else None
    gvk = GroupVersionKind.of(first) if first else None
    if kind is not None:
        gvk = kind_of(kind) if isinstance(kind, type) else GroupVersionKind.parse(kind)
    calls = CheckedFakes(fakes) if check_permissions else None
    client = (_CleanupClient if cleanup else ApiClient)(
        ObservedTransport(calls or fakes, log), _FakeMapper(fakes), field_manager=f"plugin-operator/{_CONTROLLER}",
        about={"controller": _CONTROLLER},
    )  # fmt: skip
    caches = FakeChildCaches(fakes, _CONTROLLER)
    events: list[RecordedEvent] = []
    enqueued: list[Enqueued] = []
    scope = ControllerScope(
        plugin=_CONTROLLER,
        revision="1",
        controller=_CONTROLLER,
        kind=gvk,
        cls=kind if isinstance(kind, type) else None,
        client=client,
        recorder=ObservedRecorder(_NoRecorder(), _CONTROLLER, events),
        listers=_Listers(fakes),
        clock=clock,
        enqueue=lambda request, after: enqueued.append(Enqueued(request, after)),
        keep_previous=True,
        make_children=lambda scope: child_synchronizer(
            scope, caches, budget=PruneBudget(_MAX_PRUNE, clock), clock=clock
        ),
        make_statuses=status_writer,
    )
    about = request if request is not None else NamespacedName.of(first) if first else ("", _CONTROLLER)
    return FakeContext(scope, NamespacedName(*about), log, calls, events, enqueued)


class _CleanupClient(ApiClient):
    """The client of a cleanup, which takes a deletion of what does not exist as a success."""

    async def delete(self, *arguments: Any, missing_ok: bool = True, **options: Any) -> None:
        del missing_ok  # as in production
        await super().delete(*arguments, missing_ok=True, **options)


class _FakeMapper(RESTMapper):
    """Finds the resource of any kind."""

    def __init__(self, fakes: FakeObjects) -> None:
        super().__init__(fakes)
        self._fakes = fakes

    async def resource_for(self, kind: GroupVersionKind | str) -> Resource:
        return self._fakes.resource(GroupVersionKind.parse(kind) if isinstance(kind, str) else kind)

    async def find(self, version: str, kind: str) -> list[Resource]:
        return self._fakes.resources_named(version, kind)


class _Listers(Mapping[GroupVersionKind | str, Callable[[], Lister]]):
    """The lister of any kind."""

    def __init__(self, fakes: FakeObjects) -> None:
        self._fakes = fakes

    def __getitem__(self, kind: GroupVersionKind | str) -> Callable[[], Lister]:
        if isinstance(kind, str):
            raise KeyError(kind)
        return lambda: self._fakes.lister(kind)

    def __contains__(self, kind: object) -> bool:
        return isinstance(kind, GroupVersionKind)

    def __iter__(self) -> Iterator[GroupVersionKind | str]:
        return (each.gvk for each in self._fakes.resources())

    def __len__(self) -> int:
        return len(self._fakes.resources())


class _NoRecorder:
    """A recorder that drops everything; ``FakeContext`` notes the Events before."""

    def event(self, about: Mapping[str, Any] | ApiObject | Model, type: EventType, reason: str, message: str) -> None:  # noqa: A002 - as the real one
        """Drop an Event."""
