"""State that all reconciles of one controller in one revision share."""

import asyncio
import builtins
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from structlog.types import FilteringBoundLogger

from plugin_operator import logs
from plugin_operator.client import Client
from plugin_operator.client.models import version_and_kind
from plugin_operator.clock import Clock, SystemClock
from plugin_operator.errors import NotEnqueued
from plugin_operator.kube import GroupVersionKind, NamespacedName, Object
from plugin_operator.plugin.context.recorder import Recorder
from plugin_operator.plugin.writes.expectations import Expectations
from plugin_operator.plugin.writes.expecting_client import ExpectingClient
from plugin_operator.plugin.writes.missing_rights import MissingRights
from plugin_operator.plugin.writes.write_loops import LoopDetector


class Lister(Protocol):
    """Read access to a cache: calls send no request, never wait, and return private copies.

    The cache contains the objects that the declaration selects (namespaces, selectors), without
    ``metadata.managedFields``, as of the last change that arrived. ``len(lister)`` counts objects, and
    ``request in lister`` checks for one without a copy. Thread-safe.
    """

    def get(self, key: NamespacedName | tuple[str, str] | str, namespace: str | None = None) -> Object | None:
        """Return a copy of one object, or None if the cache does not contain it.

        Args:
            key: a ``Request``, a pair of namespace and name, or a text: a name, or ``"namespace/name"``.
            namespace: namespace of a plain name. It has no default; omit it for cluster-scoped kinds only.

        Raises:
            ValueError: the text has more than one slash, or no name.
        """

    def list(
        self, namespace: str | None = None, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[Object]:
        """Return copies of all objects that match, in no particular order.

        Args:
            namespace: namespace of the objects; None for all.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.

        Raises:
            SelectorError: the selector cannot be parsed.
            TypeError: the selector is neither text nor a mapping.
        """

    def keys(
        self, namespace: str | None = None, label_selector: str | Mapping[str, Any] | None = None
    ) -> builtins.list[NamespacedName]:
        """Return the names of the objects that ``list`` would return.

        Args:
            namespace: namespace of the objects; None for all.
            label_selector: as for ``list``.

        Raises:
            SelectorError: the selector cannot be parsed.
            TypeError: the selector is neither text nor a mapping.
        """

    def by_index(self, index: str, value: str, namespace: str | None = None) -> builtins.list[Object]:
        """Return copies of the objects with an index value, in no order.

        Args:
            index: name of the index in ``indexes=``.
            value: index value, as the index function returned it.
            namespace: namespace of the objects; None for all.

        Raises:
            LookupError: the kind has no such index; the message names its indexes.
        """

    def index_keys(self, index: str, value: str, namespace: str | None = None) -> builtins.list[NamespacedName]:
        """Return the names of the objects that ``by_index`` would return, without copies.

        Args:
            index: name of the index in ``indexes=``.
            value: index value, as the index function returned it.
            namespace: namespace of the objects; None for all.

        Raises:
            LookupError: the kind has no such index; the message names its indexes.
        """

    def __len__(self) -> int: ...

    def __contains__(self, key: object) -> bool: ...


class ControllerScope:
    """Client, caches and names of one controller in one revision.

    Args:
        plugin, revision, controller: names for logs and Events.
        kind: the reconciled kind; None for a controller without a kind.
        client, recorder: API client and event recorder of the controller.
        listers: listers by kind and by name, which are added until the revision is prepared.
        own_lister: lister of the reconciled kind; None means that in ``listers``.
        finalizer: finalizer of the controller; empty means one with its name.
        writes: expectations about its writes; None records none.
        loops: loop detector of the controller, or None.
        rights: missing permissions of the controller, or None.
        enqueue: enqueues a request after a delay in seconds; None rejects requests.

    Attributes:
        clock: clock of the operator.
        loop: the event loop on which it was created, which runs coroutines passed from threads; None in a unit test
            without one.
    """

    __slots__ = (
        "_log",
        "_primary",
        "client",
        "clock",
        "controller",
        "enqueue",
        "finalizer",
        "kind",
        "listers",
        "loop",
        "loops",
        "own_lister",
        "plugin",
        "recorder",
        "revision",
        "rights",
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
        listers: Mapping[GroupVersionKind | str, Callable[[], Lister]],
        own_lister: Callable[[], Lister] | None = None,
        finalizer: str = "",
        writes: Expectations | None = None,
        loops: LoopDetector | None = None,
        rights: MissingRights | None = None,
        enqueue: Callable[[NamespacedName, float], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.plugin = plugin
        self.revision = revision
        self.controller = controller
        self.kind = kind
        self.client = client
        self.recorder = recorder
        self.listers = listers
        self.own_lister = own_lister
        self.finalizer = finalizer or f"plugin-operator/{controller}"
        self.writes = writes
        self.loops = loops
        self.rights = rights
        self.enqueue = enqueue if enqueue is not None else _not_enqueued
        self.clock = clock if clock is not None else SystemClock()
        self.loop = _running_loop()
        self._primary: Lister | None = None
        self._log: FilteringBoundLogger | None = None

    def client_for(self, request: NamespacedName | None) -> Client:
        """Return the client for one reconcile; None stands for code outside of one, such as hooks."""
        if self.writes is None:
            return self.client
        return ExpectingClient(self.client, self.writes, request, self.loops, self.rights)

    def lister(self) -> Lister:
        """Return the cache of the reconciled kind.

        Raises:
            LookupError: the controller has no ``for_``.
        """
        if self.kind is None:
            way_out = "declare reads=['v1/ConfigMap'] and use ctx.lister_for('v1/ConfigMap')"
            raise LookupError(f"controller {self.controller!r} has no for_, so ctx.lister has no kind: {way_out}")
        if self._primary is None:
            self._primary = self.lister_for(self.kind) if self.own_lister is None else self.own_lister()
        return self._primary

    def lister_for(self, kind: str | GroupVersionKind | type) -> Lister:
        """Return the cache of a declared kind; a model class selects the declared kind of its version and name.

        Raises:
            LookupError: the controller does not declare the kind or name, or the kind stands for several parts.
            ValueError: the text is not a kind, or the class is not a model of one.
        """
        if isinstance(kind, str):
            # A kind has a slash, the name of a cache has none.
            kind = GroupVersionKind.parse(kind) if "/" in kind else kind
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
            raise LookupError(f"controller {self.controller!r} has no cache of {asked}, only of {known}: {way_out}")
        return self.listers[found]()

    def _declared_for(self, model: type) -> GroupVersionKind | None:
        wanted = version_and_kind(model)  # its group is not to be read from a model
        kinds = [each for each in self.listers if isinstance(each, GroupVersionKind)]
        found = [each for each in kinds if (each.version, each.kind) == wanted]
        return found[0] if len(found) == 1 else None

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
