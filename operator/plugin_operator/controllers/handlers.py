"""Event handlers: map a changed object to requests.

Owns the three handlers of controller-runtime's ``pkg/handler``: for the object itself, for its owner, and for a map
function. For an update they map the old and the new state, so that a former owner is enqueued too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol, cast

import msgspec

from plugin_operator.controllers import value_checks
from plugin_operator.controllers.cache_interface import CachedObject
from plugin_operator.controllers.reconcile import Request
from plugin_operator.kube import GroupVersionKind, NamespacedName
from plugin_operator.kube.ownership import annotated_owner
from plugin_operator.rendering import WrongResult

#: Longest text of a request: object names have at most 253 characters, after a namespace and a slash.
_MAX_CHARACTERS = 2 * 253 + 1
#: Most requests of a map function for one object; an endless one would exhaust the memory of the process.
MAX_MAPPED = 100_000
_TAKES = "it takes a list of Request(namespace, name), (namespace, name) or 'namespace/name'"


class Handler(Protocol):
    """Maps an object, or its change, to requests."""

    def requests(self, key: Request, new: CachedObject, old: CachedObject | None = None) -> Iterable[Request]:
        """Return the requests for an object, or for its change.

        Args:
            key: key of the object.
            new: state of the object; the last known state after a deletion.
            old: state before an update, else None.

        Raises:
            BaseException: any exception of plugin code.
        """


class EnqueueForObject(msgspec.Struct, frozen=True):
    """Handler that enqueues the object itself."""

    def requests(self, key: Request, new: CachedObject, old: CachedObject | None = None) -> Iterable[Request]:  # noqa: ARG002 - only the key is used
        """Return the key of the object."""
        return (key,)


class EnqueueForOwner(msgspec.Struct, frozen=True):
    """Handler that enqueues the owners of one kind, in any of its versions.

    Attributes:
        owner: kind of the owners.
        only_controller: whether only the owner with ``controller: true`` counts.
        namespaced: whether owners are namespaced; their namespace is that of the object.
    """

    owner: GroupVersionKind
    only_controller: bool = True
    namespaced: bool = True

    def requests(self, key: Request, new: CachedObject, old: CachedObject | None = None) -> Iterable[Request]:
        """Return a request for each owner of that group and kind, former owners included.

        An annotation of ``sync_children`` names an owner that no owner reference reaches.
        """
        namespace = key.namespace if self.namespaced else ""
        found: list[Request] = []
        for obj in _states(new, old):
            metadata = obj.metadata()
            found += [
                Request(namespace, owner.name)
                for owner in metadata.owner_references or ()
                if owner.kind == self.owner.kind
                and owner.api_version.rpartition("/")[0] == self.owner.group
                and (owner.controller or not self.only_controller)
            ]
            if (owner_key := annotated_owner(metadata.annotations, self.owner)) is not None:
                found.append(Request(*owner_key))
        return found


class EnqueueMapped(msgspec.Struct, frozen=True):
    """Handler that enqueues the results of a map function: requests, pairs or ``namespace/name`` texts.

    Attributes:
        function: map function of the plugin; receives a private copy of the object.
        takes_old: whether to call it once for a change, with the old state as ``old=``, or once for each state.
    """

    function: Callable[..., Iterable[Any] | None]
    takes_old: bool = False

    def requests(self, key: Request, new: CachedObject, old: CachedObject | None = None) -> Iterable[Request]:  # noqa: ARG002 - the object contains its key
        """Yield the results of the map function as requests; skip invalid ones, and raise for them at the end.

        Raises:
            WrongResult: a result is invalid; the message has its type and the valid forms.
            BaseException: the first exception of the function.
        """
        first: BaseException | None = None
        for call in _calls(self.function, new, old, takes_old=self.takes_old):
            try:
                yield from _requests_in(call(), self.function)
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - the other state is mapped all the same
                first = first or error
        if first is not None:
            raise first


class EnqueueMappedLater(msgspec.Struct, frozen=True):
    """Handler that enqueues the results of an async map function, once it returns; see ``EnqueueMapped``."""

    function: Callable[..., Awaitable[Iterable[Any] | None]]
    takes_old: bool = False

    def requests(self, key: Request, new: CachedObject, old: CachedObject | None = None) -> Iterable[Request]:  # noqa: ARG002
        """Return nothing; the caller awaits ``collect``."""
        return ()

    async def collect(self, found: list[Request], new: CachedObject, old: CachedObject | None) -> None:
        """Append the results of the map function as requests; skip invalid ones, and raise for them at the end.

        Raises:
            WrongResult: a result is invalid; the message has its type and the valid forms.
            BaseException: the first exception of the function.
        """
        first: BaseException | None = None
        for call in _calls(self.function, new, old, takes_old=self.takes_old):
            try:
                found.extend(_requests_in(await call(), self.function))
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - the other state is mapped all the same
                first = first or error
        if first is not None:
            raise first


def _states(new: CachedObject, old: CachedObject | None) -> Iterable[CachedObject]:
    return (new,) if old is None else (old, new)


def _calls(
    function: Callable[..., Any], new: CachedObject, old: CachedObject | None, *, takes_old: bool
) -> Iterable[Callable[[], Any]]:
    if takes_old:
        return (lambda: function(new.decode(), old=None if old is None else old.decode()),)
    return [partial(lambda obj: function(obj.decode()), obj) for obj in _states(new, old)]


def _requests_in(found: Any, function: Callable[..., Any]) -> Iterable[Request]:
    first: WrongResult | None = None
    for count, each in enumerate(_as_iterable(found, function)):
        if count == MAX_MAPPED:
            raise WrongResult(f"a map function returned more than {MAX_MAPPED:,} requests for one object", function)
        try:
            request = request_of(each, "a map function returned")
        except (TypeError, ValueError) as error:
            first = first or WrongResult(str(error), function)
        else:
            yield request
    if first is not None:
        raise first


def _as_iterable(found: Any, function: Callable[..., Any]) -> Iterable[Any]:
    if found is None:
        return ()
    if isinstance(found, str | NamespacedName):
        return (found,)
    if isinstance(found, Mapping | bytes) or not hasattr(type(found), "__iter__"):
        raise WrongResult(f"a map function returned {value_checks.shown(found)}; {_TAKES}", function)
    return cast("Iterable[Any]", found)


def request_of(value: Any, said: str) -> Request:
    """Return a request of plain ``str`` values, without the hash and equality of a plugin's subclass.

    Args:
        value: a request, a pair of namespace and name, or ``namespace/name``.
        said: start of the error message: "a map function returned".

    Raises:
        TypeError, ValueError: ``value`` is not a request; the message has its type and the valid forms.
    """
    kind = type(value)
    parts: tuple[Any, ...] = ()
    if issubclass(kind, str):
        parts = Request.parse(value_checks.text("a request", value, most=_MAX_CHARACTERS))
    elif issubclass(kind, tuple):
        parts = tuple(tuple.__iter__(value))
    elif issubclass(kind, list):
        parts = tuple(list.__iter__(value))
    if len(parts) != len(Request._fields):
        # Show its type only: the value may be a Secret, and the message is logged.
        raise TypeError(f"{said} {value_checks.shown(value)}, which is not a request; {_TAKES}")
    namespace, name = parts
    if namespace is None:  # metadata of a cluster-scoped object has no namespace
        namespace = ""
    return Request(_part("namespace", namespace), _part("name", name) or _refuse_empty())


def _part(field: str, value: Any) -> str:
    plain = value_checks.text(f"the {field} of a request", value, most=_MAX_CHARACTERS)
    if "/" in plain:
        raise ValueError(f"the {field} of a request is {value_checks.shown(plain)}; it takes no slash")
    return plain


def _refuse_empty() -> str:
    raise ValueError("the name of a request is empty; it takes the name of an object")
