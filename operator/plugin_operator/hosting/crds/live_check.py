"""``LiveCheck``: whether the live objects of a kind allow that its definition becomes narrower."""

import asyncio
from collections.abc import Iterable

from plugin_operator.errors import GoneError
from plugin_operator.hosting.crds.decision import Change, Definition, VersionNarrowing, versions_of
from plugin_operator.hosting.crds.live_objects import is_drop, misfit
from plugin_operator.hosting.crds.narrowings import Narrowing
from plugin_operator.hosting.crds.outcomes import DefinitionPending, DefinitionRefused
from plugin_operator.hosting.crds.requests import DefinitionRequests
from plugin_operator.kube import GroupVersionKind, Object

_NAMED = 10
#: Objects that are checked between two turns of the event loop.
_SLICE = 50
_BY_HAND = "or apply it yourself: plugin-operator crd FILE | kubectl apply -f -"


class StillInUse(DefinitionRefused):
    """Live objects use fields or versions that the wanted definition drops, and nothing else is wrong."""


async def check_live_objects(requests: DefinitionRequests, change: Change, live: Definition) -> None:
    """Return if a narrowing harms no live object.

    Raises:
        StillInUse: objects use fields that are removed, or may be read in a version that is; all else fits.
        DefinitionRefused: objects do not fit, or no look at them decides whether they do.
    """
    kinds = _kinds(live)
    unclear = [*change.uncheckable, *(each for one in change.narrowed for each in one.found if not each.is_checkable)]
    if not kinds:
        raise DefinitionRefused(f"{_first(change)}: no version is served, so no object can be checked: serve one")
    if unclear:
        any_kind = next(iter(kinds.values()))
        if await requests.has_objects(any_kind):
            raise DefinitionRefused(
                f"{unclear[0]}: it cannot be checked whether live objects of {any_kind} allow this: undo it, "
                f"delete the objects, {_BY_HAND}"
            )
        return
    for each in change.narrowed:
        await _check(requests, each, kinds.get(each.version, next(iter(kinds.values()))))
    for version in change.removed:
        if await requests.has_objects(kinds[version]):
            raise StillInUse(
                f".spec.versions: {version} is gone, but clients may use it for the live objects of "
                f"{kinds[version]}: keep its class with served=False, and remove it later"
            )


async def _check(requests: DefinitionRequests, narrowed: VersionNarrowing, kind: GroupVersionKind) -> None:
    misfits = await _misfits(requests, narrowed, kind)
    if not misfits.count:
        return
    what = ", ".join(map(str, _bounded(narrowed.found)))
    reason = (
        f"{what}: {misfits.count} live object{'s' * (misfits.count != 1)} of {kind} would not fit: {misfits.text}: "
        "change them, or keep the field as it was"
    )
    raise (StillInUse if misfits.are_drops else DefinitionRefused)(reason)


class _Misfits:
    def __init__(self) -> None:
        self.count = 0
        self.are_drops = True
        self._named: list[str] = []

    def add(self, obj: Object, why: str) -> None:
        self.count += 1
        self.are_drops = self.are_drops and is_drop(why)
        if len(self._named) < _NAMED:
            metadata = obj["metadata"]
            name = f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]
            self._named.append(f"{name} ({why})")

    @property
    def text(self) -> str:
        more = self.count - len(self._named)
        return ", ".join(self._named) + (f" and {more} more" if more else "")


async def _misfits(requests: DefinitionRequests, narrowed: VersionNarrowing, kind: GroupVersionKind) -> _Misfits:
    found = _Misfits()
    try:
        async for page in requests.objects(kind):
            for index, obj in enumerate(page):
                if index % _SLICE == 0:
                    await asyncio.sleep(0)
                if why := misfit(obj, narrowed.schema, narrowed.before):
                    found.add(obj, why)
    except GoneError as error:
        raise DefinitionPending(f"the list of {kind} expired before its end") from error
    return found


def _kinds(live: Definition) -> dict[str, GroupVersionKind]:
    """Return the served kinds of a live definition by version."""
    group, kind = live["spec"]["group"], live["spec"]["names"]["kind"]
    return {name: GroupVersionKind(group, name, kind) for name, each in versions_of(live).items() if each.get("served")}


def _first(change: Change) -> Narrowing:
    return next(iter((*change.uncheckable, *(each for one in change.narrowed for each in one.found))))


def _bounded(found: Iterable[Narrowing], most: int = 3) -> list[Narrowing]:
    return list(found)[:most]
