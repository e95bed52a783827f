"""State that all reconciles of one controller in one revision share."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from structlog.types import FilteringBoundLogger

from plugin_operator import logs
from plugin_operator.cache import CachedObject
from plugin_operator.client import Client
from plugin_operator.client.models import version_and_kind
from plugin_operator.client.typed_documents import kind_of
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.error_hints import undeclared_kind
from plugin_operator.errors import NotEnqueued
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.kube.objects import ApiObject, ObjectDecodeError
from plugin_operator.kube.objects.decoding import decode
from plugin_operator.plugin.context.children import ChildSync
from plugin_operator.plugin.context.misfits import MisfitReports
from plugin_operator.plugin.context.previous import PreviousObjects
from plugin_operator.plugin.context.recorder import Recorder
from plugin_operator.plugin.context.status import StatusWrites
from plugin_operator.plugin.identity import ControllerIdentity
from plugin_operator.plugin.listers.typed_lister import TypedLister
from plugin_operator.plugin.writes.cleanup_client import CleanupClient, FinalizerClient
from plugin_operator.plugin.writes.expectations import Expectations
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.plugin.writes.former_managers import FormerManagers
from plugin_operator.plugin.writes.missing_rights import MissingRights
from plugin_operator.plugin.writes.write_loops import LoopDetector
from plugin_operator.rendering import class_name


class ControllerScope:
    """Client, caches and names of one controller in one revision.

    Args:
        plugin, revision, controller: names for logs and Events.
        kind: the reconciled kind; None for a controller without a kind.
        cls: class of its objects for ``lister``; None for dicts.
        client, recorder: API client and event recorder of the controller.
        listers: listers by kind and by name, which are added until the revision is prepared.
        own_lister: lister of the reconciled kind; None means that in ``listers``.
        identity: its current and former ids; None means its name.
        manager: field manager of the controller; empty means one with its name.
        finalizer: default of ``ctx.ensure_finalizer``; empty means the manager.
        writes: expectations about its writes; None records none.
        loops: loop detector of the controller, or None.
        rights: missing permissions of the controller, or None.
        enqueue: enqueues a request after a delay in seconds; None rejects requests.
        on_misfit: called for each report of an object that does not fit its class.
        make_children: makes of the scope what applies and prunes the children of its objects; None for a controller
            that cannot have any.
        make_statuses: makes of the scope what writes the status of its objects; None for a controller without a kind.
        keep_previous: whether to remember each object as of its last successful reconcile.

    Attributes:
        identity: its current and former ids.
        former: its former field managers.
        children: applies and prunes the children of its objects, or None.
        statuses: writes the status of its objects, or None.
        clock: clock of the operator.
        loop: the event loop on which it was created, which runs coroutines passed from threads; None in a unit test
            without one.
    """

    __slots__ = (
        "_log",
        "_misfits",
        "_primary",
        "children",
        "client",
        "clock",
        "cls",
        "controller",
        "enqueue",
        "finalizer",
        "former",
        "identity",
        "kind",
        "listers",
        "loop",
        "loops",
        "manager",
        "on_misfit",
        "own_lister",
        "plugin",
        "previous",
        "recorder",
        "revision",
        "rights",
        "statuses",
        "writes",
    )

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        *,
        plugin: str,
        revision: str,
        controller: str,
        kind: GroupVersionKind | None,
        client: Client,
        recorder: Recorder,
        listers: Mapping[GroupVersionKind | str, Callable[[], Any]],
        own_lister: Callable[[], Any] | None = None,
        identity: ControllerIdentity | None = None,
        manager: str = "",
        finalizer: str = "",
        writes: Expectations | None = None,
        loops: LoopDetector | None = None,
        rights: MissingRights | None = None,
        enqueue: Callable[[NamespacedName, float], None] | None = None,
        clock: Clock | None = None,
        make_children: "Callable[[ControllerScope], ChildSync] | None" = None,
        make_statuses: "Callable[[ControllerScope], StatusWrites] | None" = None,
        keep_previous: bool = False,
        cls: type[ApiObject] | None = None,
        on_misfit: Callable[[], None] | None = None,
    ) -> None:
        self.plugin = plugin
        self.revision = revision
        self.controller = controller
        self.kind = kind
        self.client = client
        self.recorder = recorder
        self.listers: Final = listers
        self.own_lister: Final = own_lister
        self.identity: Final = identity if identity is not None else ControllerIdentity(controller)
        self.manager = manager or f"plugin-operator/{controller}"
        self.finalizer = finalizer or self.manager
        self.former: Final = FormerManagers(self.manager, self.identity)
        self.writes: Final = writes
        self.loops: Final = loops
        self.rights: Final = rights
        self.enqueue: Final = enqueue if enqueue is not None else _not_enqueued
        self.previous = PreviousObjects(self.cached) if keep_previous else None
        self.clock = clock if clock is not None else SystemClock()
        self.loop = _running_loop()
        self.cls = cls
        self.on_misfit = on_misfit
        self._misfits: MisfitReports | None = None
        self._primary: Any = None
        self._log: FilteringBoundLogger | None = None
        self.children: Final = make_children(self) if make_children is not None else None
        self.statuses: Final = make_statuses(self) if make_statuses is not None else None

    def client_for(self, request: NamespacedName | None) -> Client:
        """Return the client for one reconcile; None stands for code outside of one, such as hooks."""
        if self.writes is None:
            return self.client
        return ExpectingClient(self.client, self.writes, request, self.loops, self.rights, self.former)

    def cleanup_client_for(self, request: NamespacedName) -> Client:
        """Return the client for one cleanup."""
        if self.writes is None:
            return self.client
        return CleanupClient(self.client, self.writes, request, self.loops, self.rights, self.former)

    def finalizer_client_for(self, request: NamespacedName) -> Client:
        """Return the client for the writes of the operator's own finalizer."""
        if self.writes is None:
            return self.client
        return FinalizerClient(self.client, self.writes, request, self.loops, self.rights, self.former)

    def read(self, cached: CachedObject) -> Any:
        """Return a private copy of an object of the reconciled kind: a dict, or an object of ``cls``.

        Raises:
            ObjectDecodeError: the object does not fit the class; it is reported.
        """
        if self.cls is None:
            return cached.decode()
        try:
            return decode(self.cls, kind_of(self.cls), cached.raw)
        except ObjectDecodeError as error:
            self.report_misfit(error, cached.resource_version)
            raise

    def lister(self) -> Any:
        """Return the cache of the reconciled kind: a lister of ``cls``, or of dicts.

        Raises:
            LookupError: the controller has no ``for_``.
        """
        if self.kind is None:
            way_out = "declare reads=['v1/ConfigMap'] and use ctx.lister_for('v1/ConfigMap')"
            raise LookupError(f"controller {self.controller!r} has no for_, so ctx.lister has no kind: {way_out}")
        if self._primary is None:
            lister = self.lister_for(self.kind) if self.own_lister is None else self.own_lister()
            self._primary = lister if self.cls is None else self._typed(lister, self.cls)
        return self._primary

    def cached(self, key: NamespacedName) -> CachedObject | None:
        """Return the cached object of the reconciled kind without decoding it; None if there is none, or no kind."""
        if self.kind is None:
            return None
        lister = self.listers[self.kind]() if self.own_lister is None else self.own_lister()
        found: CachedObject | None = lister.cached(key)
        return found

    def all_cached(self) -> Sequence[CachedObject]:
        """Return all cached objects of the reconciled kind without decoding them."""
        if self.kind is None:
            return ()
        lister = self.listers[self.kind]() if self.own_lister is None else self.own_lister()
        found: Sequence[CachedObject] = lister.cached_list()
        return found

    def lister_for(self, kind: str | GroupVersionKind | type) -> Any:
        """Return the cache of a declared kind; a model class selects the declared kind of its version and name.

        A class with ``@resource`` makes it a lister of that class.

        Raises:
            LookupError: the controller does not declare the kind or name, or the kind stands for several parts.
            TypeError: it is no kind.
            ValueError: the text is not a kind, or the class is not a model of one.
        """
        if isinstance(kind, str):
            # A kind has a slash, the name of a cache has none.
            kind = GroupVersionKind.parse(kind) if "/" in kind else kind
        elif not isinstance(kind, type | GroupVersionKind):
            raise TypeError(f"a {class_name(kind)} is not a kind: write 'v1/ConfigMap', or pass a class with @resource")
        if isinstance(kind, type) and issubclass(kind, ApiObject):
            return self._typed(self.lister_for(kind_of(kind)), kind)
        asked, way_out = str(kind), f"declare it with reads=[{str(kind)!r}]"
        found: str | GroupVersionKind | None
        if isinstance(kind, type):
            asked, way_out = kind.__name__, "declare its kind with reads=, or write the kind as text: 'v1/ConfigMap'"
            found = self._declared_for(kind)
        else:
            found = kind if kind in self.listers else None
            if isinstance(kind, str):
                way_out = f"give one of its kinds name={kind!r}, with own(), watch() or read()"
        if found is None:
            known = ", ".join(sorted(map(str, self.listers))) or "none at all"
            way_out = undeclared_kind(asked, map(str, self.listers), way_out)
            raise LookupError(f"controller {self.controller!r} has no cache of {asked}, only of {known}: {way_out}")
        return self.listers[found]()

    def report_misfit(self, error: ObjectDecodeError, version: str) -> None:
        """Report an object that does not fit its class: once for each version, in log, Events and metrics."""
        if self._misfits is None:
            self._misfits = MisfitReports(self)
        self._misfits.report(error, version)

    def _typed(self, lister: Any, cls: type[ApiObject]) -> TypedLister[Any]:
        return TypedLister(lister, cls, kind_of(cls), self.report_misfit)

    def _declared_for(self, model: type) -> GroupVersionKind | None:
        wanted = version_and_kind(model)  # its group is not to be read from a model
        kinds = [each for each in self.listers if isinstance(each, GroupVersionKind)]
        found = [each for each in kinds if (each.version, each.kind) == wanted]
        return found[0] if len(found) == 1 else None

    def forget(self, where: Callable[[NamespacedName], bool]) -> None:
        """Forget what reconciles remember of the keys for which ``where`` returns true."""
        if self.previous is not None:
            self.previous.forget(where)
        if self.statuses is not None:
            self.statuses.forget(where)

    def log(self) -> FilteringBoundLogger:
        """Return the logger bound to plugin, revision and controller."""
        if self._log is None:
            self._log = logs.owned_logger(
                "plugin", plugin=self.plugin, revision=self.revision, controller=self.controller
            )
        return self._log


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _not_enqueued(_request: NamespacedName, _after_seconds: float) -> None:
    raise NotEnqueued("this context belongs to no controller that runs")
