"""Finalizers of controllers on the objects of a cluster."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager

import msgspec

from plugin_operator.cli.leftovers.served_kinds import served_kind
from plugin_operator.client import ApiClient, Connection, ConnectionConfig, RESTMapper
from plugin_operator.errors import ApiError
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject, LiveFinalizers
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.ownership import CLEANUP_PREFIX
from plugin_operator.metrics import Metrics

#: Prefix of the finalizers that plugin code puts on with ``ctx.ensure_finalizer``.
_OF_PLUGIN_CODE = "plugin-operator/"
_ROUNDS = 5
_MANAGER = "plugin-operator"
_AGENT = "plugin-operator/finalizers"


class Search(msgspec.Struct, frozen=True):
    """What to look for.

    Attributes:
        kinds: kinds of the objects; a text is a name of one on the server, as for kubectl.
        ids: ids of controllers; empty for all.
        namespaces: where to look; empty for everywhere.
    """

    kinds: Sequence[GroupVersionKind | str]
    ids: Collection[str] = ()
    namespaces: Sequence[str] = ()

    def matches(self, finalizer: str) -> bool:
        """Report whether a finalizer is one of the chosen controllers."""
        controller_id = id_of(finalizer)
        return bool(controller_id) and (not self.ids or controller_id in self.ids)


class Found(msgspec.Struct, frozen=True):
    """What there is.

    Attributes:
        objects: the objects with such finalizers.
        problems: why kinds could not be looked at, or objects not be changed.
    """

    objects: tuple[FinalizedObject, ...]
    problems: tuple[str, ...]

    def ids(self) -> list[str]:
        """Return the ids of the controllers whose finalizers the objects have."""
        return sorted({found for each in self.objects for name in each.finalizers if (found := id_of(name))})

    def of(self, wanted: Search) -> "Found":
        """Return the objects with finalizers of the chosen controllers."""
        chosen = (each for each in self.objects if any(map(wanted.matches, each.finalizers)))
        return Found(tuple(chosen), self.problems)


def id_of(finalizer: str) -> str:
    """Return the id of the controller of a finalizer; empty if it is of another program."""
    for prefix in (CLEANUP_PREFIX, _OF_PLUGIN_CODE):
        if finalizer.startswith(prefix):
            return finalizer.removeprefix(prefix)
    return ""


def search(config: ConnectionConfig, wanted: Search) -> Found:
    """Return the objects with finalizers of controllers.

    Raises:
        UsageError: the name of a kind means none on the server, or several.
        PluginOperatorError: the cluster cannot be reached.
    """
    return asyncio.run(_search(config, wanted))


def clear(config: ConnectionConfig, wanted: Search, report: Callable[[FinalizedObject], None]) -> Found:
    """Remove the finalizers without a cleanup, and return what is left.

    Args:
        config: the cluster.
        wanted: what to remove.
        report: called for each object that has lost its finalizer.

    Raises:
        PluginOperatorError: the cluster cannot be reached.
    """
    return asyncio.run(_clear(config, wanted, report))


async def _search(config: ConnectionConfig, wanted: Search) -> Found:
    async with _opened(config) as (mapper, live):
        return await _found(mapper, live, wanted)


async def _clear(config: ConnectionConfig, wanted: Search, report: Callable[[FinalizedObject], None]) -> Found:
    problems: dict[str, None] = {}
    async with _opened(config) as (mapper, live):
        for _ in range(_ROUNDS):  # an object that changes meanwhile is left to the next round
            found = await _found(mapper, live, wanted)
            problems |= dict.fromkeys(found.problems)
            failed = []
            for each in found.objects:
                try:
                    if await live.take_off(each, wanted.matches):
                        report(each)
                except ApiError as error:
                    failed.append(each)
                    problems[f"{each.kind} {each.key}: {error}"] = None
            if len(failed) == len(found.objects):
                return Found(tuple(failed), tuple(problems))
        left = await _found(mapper, live, wanted)
        return Found(left.objects, tuple(problems))


@asynccontextmanager
async def _opened(config: ConnectionConfig) -> AsyncIterator[tuple[RESTMapper, LiveFinalizers]]:
    async with Connection.open(config, Metrics(), user_agent=_AGENT) as link:
        mapper = RESTMapper(link)
        yield mapper, LiveFinalizers(ApiClient(link, mapper, field_manager=_MANAGER))


async def _found(mapper: RESTMapper, live: LiveFinalizers, wanted: Search) -> Found:
    objects: list[FinalizedObject] = []
    problems: list[str] = []
    kinds = [await served_kind(mapper, each) if isinstance(each, str) else each for each in wanted.kinds]
    for kind in dict.fromkeys(kinds):
        try:
            await mapper.resource_for(kind)
            objects += await live.find(kind, wanted.matches, wanted.namespaces)
        except ApiError as error:
            problems.append(f"{kind}: {error}")
    return Found(tuple(objects), tuple(problems))
