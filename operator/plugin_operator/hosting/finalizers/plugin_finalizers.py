"""``PluginFinalizers``: what objects keep of the revisions of one plugin, and when it goes.

- An edit without ``cleanup=``, or without the controller: once its probation has passed, the finalizer is taken off
  everywhere. Until then a rollback finds it as it was.
- An edit after which the controller reconciles another kind: nothing is taken off. The objects of the former kind keep
  the finalizer, and the plugin says so.
- Objects outside of the caches of a controller with ``cleanup=``: the controller cleans them up.
- A deleted file: nothing is taken off. The plugin is Held until no object has the finalizer, or the file is back.
"""

import asyncio
from collections.abc import Callable, Iterator

from plugin_operator import logs
from plugin_operator.clock import Timer
from plugin_operator.errors import LeadershipLost, PluginOperatorError
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.finalizers.held_deletions import HeldDeletions
from plugin_operator.hosting.finalizers.kept_objects import KeptObjects
from plugin_operator.hosting.finalizers.ledger import FinalizerLedger, KeptFinalizer, kept_by
from plugin_operator.hosting.finalizers.live_finalizers import LiveFinalizers
from plugin_operator.hosting.finalizers.messages import file_deleted, way_out_for_kind, way_out_of
from plugin_operator.hosting.finalizers.removal import FinalizerRemoval
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.kube.ownership import cleanup_finalizer
from plugin_operator.plugin import BoundController
from plugin_operator.rendering import describe
from plugin_operator.tasks import Service, TaskOwner, wait_until_done

#: Interval of looks for finalizers in the caches of controllers without ``cleanup=``.
CACHE_LOOK_SECONDS = 300.0
_RETRY_FROM_SECONDS = 1.0
_RETRY_TO_SECONDS = 300.0
_MAX_DOUBLINGS = 16
#: How long a swap waits for a write that takes a finalizer off.
_LAST_WRITE_SECONDS = 5.0
_SLICE = 500
_TROUBLE = "objects with a finalizer of cleanup= cannot be listed or changed"

_log = logs.get_logger(__name__)


class PluginFinalizers:
    """The finalizers that one plugin answers for.

    Args:
        plugin: name of the plugin.
        environment: client, clock, metrics and settings.
        ledger: the finalizers of all plugins.
        on_change: called when ``note`` has changed, or a deleted plugin is to be looked at again.
    """

    def __init__(
        self, plugin: str, environment: Environment, ledger: FinalizerLedger, on_change: Callable[[], None]
    ) -> None:
        self._plugin = plugin
        self._environment = environment
        self._clock = environment.clock
        self._ledger = ledger
        self._on_change = on_change
        self._live = LiveFinalizers(environment.client)
        held = HeldDeletions(environment.recorder, environment.clock)
        self._objects = KeptObjects(plugin, self._live, ledger, environment.metrics, held)
        self._removal = FinalizerRemoval(
            plugin, self._live, environment.clock, is_owed=self._is_owed, count=self._objects.count
        )
        self._tasks = TaskOwner(f"plugin/{plugin}", clock=environment.clock, supervisor=environment.supervisor)
        self._runtime: RevisionRuntime | None = None
        self._leads = False
        self._probation_end = 0.0
        self._due = 0.0
        self._job: Service | None = None
        self._failures = 0
        self._is_searched = False
        self._is_warned = False
        self._timer: Timer | None = None
        self.note = ""
        ledger.listen(plugin, self._moved, lambda: self._job.finished if self._job is not None else None)

    def lead(self) -> None:
        """Take finalizers off from now on, because this process leads."""
        if not self._leads and self._environment.leads:
            self._leads = True
            self._begin()

    async def claim(self, runtime: RevisionRuntime) -> None:
        """Take nothing off any more that a revision puts on which is about to be installed; end writes in flight."""
        writing = self._ledger.claim(self._plugin, self._put_on_by(runtime))
        await wait_until_done(writing, _LAST_WRITE_SECONDS, clock=self._clock)

    def give_back(self) -> None:
        """End the claim, because the revision was not installed."""
        self._ledger.give_back(self._plugin)
        if self._job is None:
            self._due = self._clock.monotonic()
            self._begin()

    def activated(self, runtime: RevisionRuntime, *, is_on_probation: bool) -> None:
        """Note the active revision; what it does not keep goes after its probation.

        What it has left on objects of another kind stays, and is reported at once.
        """
        self.pause()
        self._ledger.give_back(self._plugin)
        self._removal.forget()
        self._runtime, self._is_searched, self._is_warned, self._failures = runtime, False, False, 0
        for bound in runtime.bound.values():
            for kept in self._kept(bound):
                if bound.declaration.cleanup is not None:
                    self._ledger.add(self._plugin, kept)
                else:
                    self._ledger.take_over(self._plugin, kept)
        probation = self._environment.settings.probation_seconds if is_on_probation else 0.0
        now = self._clock.monotonic()
        self._probation_end = now + probation
        self._due = now if self._of_former_kinds(runtime) else self._probation_end
        self._say("")
        self._begin()

    async def held(self) -> str:
        """Return which objects keep finalizers of the deleted plugin; empty if there are none.

        If there are some, it calls ``on_change`` after a while, to be called again.
        """
        self._runtime, self.note = None, ""
        owed, cause = self._ledger.owed(self._plugin, ()), file_deleted(self._plugin)
        reasons = await self._objects.reasons(owed, way_out_of, cause=cause, records=self._leads)
        if reasons:
            self._timer = self._clock.call_later(self._environment.settings.held_look_seconds, self._on_change)
        return "; ".join(reasons)

    def pause(self) -> None:
        """Stop looking, because the revision is replaced or the plugin is unloaded."""
        for each in (self._job, self._timer):
            if each is not None:
                each.cancel()
        self._job = self._timer = None

    def close(self) -> None:
        """Forget a plugin that has left nothing."""
        self.pause()
        self._ledger.forget(self._plugin)

    async def stop(self) -> None:
        """Stop looking, because the process stops."""
        self.pause()
        await self._tasks.stop(self._environment.settings.cancel_grace_seconds)

    def _moved(self, kept: KeptFinalizer) -> None:
        """Another plugin has taken a finalizer over: stop taking it off at once."""
        self._objects.count(kept, 0)
        if self._runtime is None:
            self._on_change()
        elif self._job is not None or self.note:
            self.pause()
            self._due = self._clock.monotonic()
            self._begin()

    def _begin(self) -> None:
        """Look once it is due; a timer and no task waits for that."""
        if not self._leads or self._runtime is None or self._job is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(max(0.0, self._due - self._clock.monotonic()), self._start)

    def _start(self) -> None:
        self._timer = None
        self._job = self._tasks.complete(self._work, "finalizers", kind="finalizers")

    async def _work(self) -> None:
        """Look after finalizers once, and set the time of the next look."""
        if (runtime := self._runtime) is None:
            return
        held, problems = list[str](), list[str]()
        try:
            held = await self._objects.reasons(self._of_former_kinds(runtime), way_out_for_kind)
            self._warn(held)
            if self._clock.monotonic() >= self._probation_end:
                problems = await self._look(runtime)
        except LeadershipLost:
            return
        except PluginOperatorError as error:
            problems = [f"{_TROUBLE}: {describe(error)}; retried"]
        self._failures = self._failures + 1 if problems else 0
        self._say("; ".join((*held, *problems)))
        self._due = self._clock.monotonic() + self._pause_seconds(is_held=bool(held))
        self._job = None
        self._begin()

    def _pause_seconds(self, *, is_held: bool) -> float:
        """Return the time until the next look: the end of the probation, or earlier than the usual one."""
        seconds = self._environment.settings.held_look_seconds if is_held else CACHE_LOOK_SECONDS
        if self._failures:
            retry = min(_RETRY_FROM_SECONDS * 2 ** min(self._failures, _MAX_DOUBLINGS), _RETRY_TO_SECONDS)
            seconds = min(seconds, retry)
        left = self._probation_end - self._clock.monotonic()
        return min(seconds, left) if left > 0 else seconds

    async def _look(self, runtime: RevisionRuntime) -> list[str]:
        """Take off what is owed, and find strays; return what failed."""
        await self._adopt_cached(runtime)
        problems = []
        if not self._is_searched:
            problems = await self._find_strays(runtime)
            self._is_searched = not problems
        for kept in self._owed(runtime):
            try:
                problem = await self._removal.take_off(kept)
            except LeadershipLost:
                raise
            except PluginOperatorError as error:
                problem = f"objects of {kept.kind} may keep the finalizer {kept.finalizer}: {describe(error)}; retried"
            if problem:
                problems.append(problem)
            elif self._is_owed(kept):
                self._ledger.settle(self._plugin, kept)
        return problems

    def _is_owed(self, kept: KeptFinalizer) -> bool:
        return self._runtime is not None and kept.key in (each.key for each in self._owed(self._runtime))

    def _owed(self, runtime: RevisionRuntime) -> list[KeptFinalizer]:
        """Return what is to be taken off: without ``cleanup=``, or without the controller."""
        left = self._of_former_kinds(runtime)
        return [kept for kept in self._ledger.owed(self._plugin, self._put_on_by(runtime)) if kept not in left]

    def _of_former_kinds(self, runtime: RevisionRuntime) -> list[KeptFinalizer]:
        """Return what controllers have left on objects of a kind that they do not reconcile any more.

        Their author has edited ``for_``, which says nothing about what was made for those objects. So it stays.
        """
        bound = runtime.bound.values()
        finalizers = {cleanup_finalizer(known) for each in bound for known in each.scope.identity.ids}
        reconciled = [kept for each in bound for kept in self._kept(each)]
        return [kept for kept in self._ledger.owed(self._plugin, reconciled) if kept.finalizer in finalizers]

    def _put_on_by(self, runtime: RevisionRuntime) -> list[KeptFinalizer]:
        cleaning = [each for each in runtime.bound.values() if each.declaration.cleanup is not None]
        return [kept for each in cleaning for kept in self._kept(each)]

    async def _adopt_cached(self, runtime: RevisionRuntime) -> None:
        """Answer for finalizers of an earlier process, on objects of a controller without ``cleanup=``."""
        for bound in list(runtime.bound.values()):
            for kept in self._kept(bound) if bound.declaration.cleanup is None else ():
                if bound.declaration.is_sharded or await self._is_cached(bound, kept.finalizer):
                    self._ledger.add(self._plugin, kept)

    @staticmethod
    async def _is_cached(bound: BoundController, finalizer: str) -> bool:
        """Report whether an object in the cache of a controller has a finalizer; a sharded cache has but a part."""
        wanted = finalizer.encode()
        for number, cached in enumerate(bound.scope.all_cached(), start=1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            if wanted in cached.raw and finalizer in (cached.metadata().finalizers or ()):
                return True
        return False

    async def _find_strays(self, runtime: RevisionRuntime) -> list[str]:
        """Enqueue objects that have the finalizer of a controller and are outside of its cache; return what failed."""
        problems = []
        for kept, bound in self._with_strays(runtime):
            for place in kept.namespaces or ("",):
                try:
                    found = await self._live.find(kept.kind, kept.finalizer.__eq__, (place,) if place else ())
                except LeadershipLost:
                    raise
                except PluginOperatorError as error:
                    problems.append(
                        f"{_TROUBLE}: {kept.kind} in {place or 'all namespaces'}: {describe(error)}; retried"
                    )
                    continue
                for each in found:
                    if bound.scope.cached(each.key) is None:
                        runtime.cleanups[bound.name].add_stray(each.key)
                        bound.scope.enqueue(each.key, 0.0)
        return problems

    def _with_strays(self, runtime: RevisionRuntime) -> Iterator[tuple[KeptFinalizer, BoundController]]:
        for bound in list(runtime.bound.values()):
            for kept in self._kept(bound) if bound.declaration.cleanup is not None else ():
                known = self._ledger.known(self._plugin, kept)
                if bound.declaration.is_selected or known.namespaces != kept.namespaces:
                    yield known, bound

    def _kept(self, bound: BoundController) -> list[KeptFinalizer]:
        """Return the finalizers that a controller has, or would have with ``cleanup=``: of all its ids."""
        return kept_by(bound.declaration, bound.scope.identity, self._environment.namespaces)

    def _warn(self, held: list[str]) -> None:
        """Log once for each edit which objects of a former kind keep finalizers."""
        if held and not self._is_warned:
            self._is_warned = True
            _log.warning("Objects of another kind keep finalizers", plugin=self._plugin, reason="; ".join(held))

    def _say(self, note: str) -> None:
        if note != self.note:
            self.note = note
            self._on_change()
