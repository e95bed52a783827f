"""``FinalizerRemoval``: takes a finalizer off all objects, past those that refuse it.

One object that cannot be changed, or one namespace that cannot be listed, keeps the finalizer on no other object.
"""

import random
from collections import Counter
from collections.abc import Callable

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.errors import ApiError
from plugin_operator.hosting.finalizers.ledger import FinalizerKey, KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject, LiveFinalizers
from plugin_operator.hosting.finalizers.messages import command_for, named
from plugin_operator.rendering import describe

#: Time before the objects are listed again, in which another party may put the finalizer on again.
_ROUND_SECONDS = 0.5
#: Rounds of one look; an object that changes meanwhile is left to the next round.
_ROUNDS = 5
#: Refusals in a row after which the rest of a namespace waits for the next round.
_REFUSALS = 20
_BACK = "another party puts it on again, such as another operator with a controller of the same id; retried"
_BUSY = "changed while it was taken off; retried"
_NOT_LISTED = "objects of {kind} in {place} may keep the finalizer {finalizer}: {error}; retried"
_UNAUTHORIZED, _TOO_MANY, _INTERNAL = 401, 429, 500

_log = logs.get_logger(__name__)


class _Progress(msgspec.Struct):
    """What one call has done: released objects and refusals by uid, and namespaces that were not listed."""

    released: dict[str, FinalizedObject] = msgspec.field(default_factory=dict)
    refusals: dict[str, ApiError] = msgspec.field(default_factory=dict)
    unlisted: list[str] = msgspec.field(default_factory=list)


class FinalizerRemoval:
    """Takes finalizers of one plugin off.

    Args:
        plugin: name of the plugin, for the log.
        live: reads and writes finalizers.
        clock: waits between rounds.
        is_owed: whether the plugin must still take a finalizer off; asked before each write.
        count: learns how many objects have a finalizer.
    """

    def __init__(
        self,
        plugin: str,
        live: LiveFinalizers,
        clock: Clock,
        *,
        is_owed: Callable[[KeptFinalizer], bool],
        count: Callable[[KeptFinalizer, int], None],
    ) -> None:
        self._plugin = plugin
        self._live = live
        self._clock = clock
        self._is_owed = is_owed
        self._count = count
        #: Finalizers that were on no object at the end of an earlier call.
        self._gone: set[FinalizerKey] = set()

    def forget(self) -> None:
        """Forget which finalizers were gone, because the operator's own controllers change."""
        self._gone.clear()

    async def take_off(self, kept: KeptFinalizer) -> str:
        """Take a finalizer off all objects; return what keeps it on some, or empty.

        It stops without a word once the finalizer is not owed any more.

        Raises:
            PluginOperatorError: the API server cannot be reached, or is overloaded.
        """
        progress = _Progress()
        for number in range(_ROUNDS + 1):
            found = await self._find(kept, progress)
            if not self._is_owed(kept):
                return ""
            self._count(kept, len(found))
            left = [each for each in found if each.uid not in progress.refusals]
            if number == _ROUNDS or not left or any(each.uid in progress.released for each in left):
                break
            await self._release(kept, left, progress)
            await self._clock.sleep(_ROUND_SECONDS)
        if not found and not progress.unlisted:
            return self._end(kept, progress)
        return "; ".join(_problems(kept, found, progress))

    def _end(self, kept: KeptFinalizer, progress: _Progress) -> str:
        """Note that a finalizer is on no object; say so if it had come back since an earlier call."""
        is_back = kept.key in self._gone and progress.released
        self._gone.add(kept.key)
        return f"{named(kept, [*progress.released.values()])}: {_BACK}" if is_back else ""

    async def _find(self, kept: KeptFinalizer, progress: _Progress) -> list[FinalizedObject]:
        found: list[FinalizedObject] = []
        progress.unlisted = []
        for place in kept.namespaces or ("",):
            try:
                found += await self._live.find(kept.kind, kept.finalizer.__eq__, (place,) if place else ())
            except ApiError as error:
                if not is_local(error):
                    raise
                values = {"kind": kept.kind, "place": place or "all namespaces", "finalizer": kept.finalizer}
                progress.unlisted.append(_NOT_LISTED.format(**values, error=describe(error)))
        return found

    async def _release(self, kept: KeptFinalizer, left: list[FinalizedObject], progress: _Progress) -> None:
        in_a_row: Counter[str] = Counter()
        before = len(progress.released)
        random.shuffle(left)  # many that refuse hide the same ones behind them only once
        for each in left:
            if not self._is_owed(kept):
                return
            if in_a_row[each.key.namespace] >= _REFUSALS:
                continue
            try:
                if await self._live.take_off(each, kept.finalizer.__eq__):
                    progress.released[each.uid] = each
                in_a_row[each.key.namespace] = 0
            except ApiError as error:
                if not is_local(error):
                    raise
                progress.refusals[each.uid] = error
                in_a_row[each.key.namespace] += 1
        if count := len(progress.released) - before:
            _log.info(
                "Finalizer of cleanup= removed",
                plugin=self._plugin,
                kind=str(kept.kind),
                finalizer=kept.finalizer,
                objects=count,
            )


def is_local(error: ApiError) -> bool:
    """Report whether an error is about one object or one namespace, and not about the API server.

    A webhook that fails for some objects is a 500.
    """
    if error.status == _INTERNAL:
        return True
    return error.status < _INTERNAL and error.status not in (_UNAUTHORIZED, _TOO_MANY)


def _problems(kept: KeptFinalizer, found: list[FinalizedObject], progress: _Progress) -> list[str]:
    back = [each for each in found if each.uid in progress.released]
    refused = [each for each in found if each.uid in progress.refusals]
    busy = [each for each in found if each.uid not in progress.refusals and each.uid not in progress.released]
    problems = []
    if back:
        problems.append(f"{named(kept, back)}: {_BACK}")
    if refused:
        problems.append(f"{named(kept, refused)}: {describe(progress.refusals[refused[0].uid])}; {command_for(kept)}")
    elif busy and not back:
        problems.append(f"{named(kept, busy)}: {_BUSY}")
    return problems + progress.unlisted
