"""``RevisionRuntime``: the controllers, caches and tasks of one loaded revision."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from plugin_operator import logs
from plugin_operator.cache.handlers import HANDLER_ERRORS
from plugin_operator.containment import PluginGuard
from plugin_operator.controllers import ControllerSpec, RateLimiterSpec, Reconciler, Request
from plugin_operator.fence import Fence
from plugin_operator.hosting.environment import ControllerLike, Environment
from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.runtime.caches.informer_set import FeedingInformers, InformerSet
from plugin_operator.hosting.runtime.controller_failures import FailureLog
from plugin_operator.hosting.runtime.health import RevisionHealth
from plugin_operator.hosting.runtime.hooks import run_hook
from plugin_operator.hosting.runtime.object_cleanups import object_cleanup
from plugin_operator.hosting.runtime.object_writers import child_writer_of, expectations_of, status_writer_of
from plugin_operator.hosting.runtime.reconcile_steps import reconcile_steps
from plugin_operator.hosting.runtime.revision_permissions import RevisionPermissions
from plugin_operator.hosting.runtime.running_hooks import RunningHooks
from plugin_operator.hosting.runtime.shard_memory import ShardMemory
from plugin_operator.hosting.runtime.spec_builder import build_spec, shards_of
from plugin_operator.hosting.triggers.revision_triggers import SOURCE_REQUESTS, RevisionTriggers
from plugin_operator.metrics.declaration import counter
from plugin_operator.plugin import (
    BoundController,
    ControllerDeclaration,
    ControllerIdentity,
    ControllerScope,
    LoopDetector,
    MissingRights,
    ObjectCleanup,
    RevisionTasks,
    Writer,
)
from plugin_operator.tasks import cancel_and_wait

T = TypeVar("T")

DECODE_ERRORS = counter(
    "plugin_operator_object_decode_errors_total", "Objects that do not fit the class that read them", "controller"
)

_log = logs.get_logger(__name__)


class RevisionRuntime:
    """One revision in use; make it with ``prepare``.

    Attributes:
        revision: the loaded revision.
        bound: its bound controllers by name.
        specs: controller specs by name.
        identities: current and former ids of its controllers, by name.
        predecessors: controllers of other names that had the id of a controller before, by its name.
        cleanups: what decides between reconcile and cleanup, by name of a controller with ``cleanup=``.
        health: outcomes of its reconciles.
        leftovers: side effects of its import, from the trial.
        permissions: what it was denied.
        failures: failure logs by controller, filled when the controllers are installed.
        triggers: receives the requests of its sources and contexts.
        gate: closed while state is handed over to it.
    """

    def __init__(self, revision: PluginRevision, environment: Environment, leftovers: tuple[str, ...] = ()) -> None:
        self.revision = revision
        self.bound: dict[str, BoundController] = {}
        self.specs: dict[str, ControllerSpec] = {}
        self.identities = {each.name: ControllerIdentity(each.id, each.renamed_from) for each in revision.declarations}
        self.predecessors: dict[str, list[ControllerLike]] = {}
        self.cleanups: dict[str, ObjectCleanup] = {}
        self.permissions = RevisionPermissions(revision, self.bound)
        self.health = RevisionHealth(revision.modules.user_path)
        self.leftovers = leftovers or revision.leftovers
        self.failures: dict[str, FailureLog] = {}
        self.triggers = RevisionTriggers(
            revision.plugin,
            revision.declarations,
            clock=environment.clock,
            counts=environment.metrics.family(SOURCE_REQUESTS),
        )
        self.gate = asyncio.Event()
        self._environment = environment
        self._memory = ShardMemory(environment.shards, self.bound) if environment.shards is not None else None
        self._hooks = RunningHooks(revision.plugin, self.bound, self.run_hook, lambda: environment.leads)
        marks = environment.task_marks(revision.plugin, revision.digest)
        self._tasks = RevisionTasks(revision.plugin, revision.revision, marks)
        self._informers: list[InformerSet] = []

    @property
    def label(self) -> str:
        """Display name of the revision."""
        return self.revision.revision

    @property
    def digest(self) -> str:
        """Digest of all files of the revision."""
        return self.revision.digest

    @property
    def tasks(self) -> RevisionTasks:
        """The tasks that its code has spawned."""
        return self._tasks

    @property
    def is_held(self) -> bool:
        """Whether its informers are acquired, so that it can be installed without ``prepare``."""
        return bool(self._informers)

    @property
    def waiting(self) -> str:
        """Why its caches wait for the API server; empty if none waits."""
        return "; ".join(reason for each in self._informers for reason in each.waiting)

    @property
    def blocked(self) -> frozenset[Any]:
        """Keys of the caches that wait for the API server."""
        return frozenset().union(*(each.blocked for each in self._informers))

    @property
    def works(self) -> bool:
        """Whether any of its controllers can reconcile, at least in some namespaces."""
        return any(each.works for each in self._informers)

    async def prepare(self) -> None:
        """Acquire its informers and wait until they have synced; may be called again after ``release``."""
        environment = self._environment
        declarations = self.revision.declarations
        self.triggers.connect()
        guards = [self._guard(each.name) for each in declarations]
        is_divided, is_namespaced = environment.shards is not None, environment.is_namespaced
        shards = [await shards_of(each, is_namespaced) if is_divided else None for each in declarations]
        self._informers = [
            InformerSet(environment.factory, each, environment.namespaces, guard, by)
            for each, guard, by in zip(declarations, guards, shards, strict=True)
        ]
        for declaration, informers, guard, by in zip(declarations, self._informers, guards, shards, strict=True):
            bound = self.bound[declaration.name] = self._bind(declaration, informers, guard)
            if (cleanup := object_cleanup(bound, environment)) is not None:
                self.cleanups[declaration.name] = cleanup
            self.specs[declaration.name] = await build_spec(
                declaration, environment.namespaces, environment.is_namespaced, bound.scope, by
            )
        for informers in self._informers:
            await informers.warm(environment.settings.warm_deadline_seconds, environment.clock)

    def places(self, request: Request) -> tuple[str, ...]:
        """Return ``file:line`` of the plugin's frames in the thread that reconciles ``request``, innermost first."""
        locate = self.revision.modules.user_path
        found = (bound.places(request, locate) for bound in self.bound.values())
        return next(filter(None, found), ())

    def reconciler(self, name: str) -> Reconciler:
        """Return the reconciler of the controller ``name``; see ``reconcile_steps``."""
        bound, environment = self.bound[name], self._environment
        steps = reconcile_steps(
            bound,
            ready=self.gate if bound.declaration.import_state is not None else None,
            fence=environment.fence if environment.fence is not None else Fence(environment.clock),
            health=self.health,
            clock=environment.clock,
            cleanup=self.cleanups.get(name),
            predecessors=self.predecessors.get(name, ()),
        )
        return environment.observed(bound, self.digest, steps)

    @property
    def is_started(self) -> bool:
        """Whether its ``start`` hooks have run and its ``stop`` hooks have not."""
        return self._hooks.are_running

    async def start(self) -> None:
        """Run the ``start`` hooks that have not run; if one fails, run the ``stop`` hooks of those before it.

        Raises:
            PluginRejected: a hook raised, or did not end within its deadline.
        """
        try:
            await self._hooks.start()
        except BaseException:
            if not self._hooks.have_begun:
                await self.cancel_tasks()
            raise

    async def stop(self, deadline_seconds: float = math.inf) -> None:
        """Run the ``stop`` hooks, if the ``start`` hooks have run, and cancel the tasks of the plugin.

        The deadline of each hook is that of the settings, or ``deadline_seconds`` if that is shorter.
        """
        await self._hooks.stop(deadline_seconds)
        await self.cancel_tasks()

    async def run_hook(
        self, bound: BoundController, name: str, hook: Callable[[], Awaitable[T]], deadline_seconds: float = math.inf
    ) -> T:
        """Call a hook of one of its controllers and return its result; the shorter deadline of both counts.

        Raises:
            PluginRejected: the hook raised, or did not end within its deadline.
        """
        environment = self._environment
        seconds = min(environment.settings.hook_deadline_seconds, deadline_seconds)
        marked = environment.marked_hook(bound, self.digest, name, hook)
        return await run_hook(bound, name, marked, deadline_seconds=seconds, clock=environment.clock)

    async def cancel_tasks(self) -> None:
        """Cancel the unfinished tasks of the plugin, and log those that ignore it."""
        self._tasks.adopt()
        running = self._tasks.running()
        if not running:
            return
        grace = self._environment.settings.cancel_grace_seconds
        for task in await cancel_and_wait(running, grace, clock=self._environment.clock):
            _log.warning(
                "Plugin task ignores its cancellation",
                plugin=self.revision.plugin,
                revision=self.label,
                task=task.get_name(),
                stack="\n".join(f"{at.f_code.co_filename}:{at.f_lineno}" for at in task.get_stack(limit=5)),
            )

    async def release(self) -> None:
        """Release its informers."""
        informers, self._informers = self._informers, []
        for each in informers:
            await each.release()

    async def retire(self) -> None:
        """Release its informers and remove its modules; none of its code may run any more."""
        self.triggers.give_up()
        if self._memory is not None:
            self._memory.end()
        await self.release()
        self.health.report_to(None)
        self.bound.clear()
        self.cleanups.clear()
        self.revision.purge()

    def _bind(self, declaration: ControllerDeclaration, informers: InformerSet, guard: PluginGuard) -> BoundController:
        scope = ControllerScope(
            plugin=self.revision.plugin,
            revision=self.label,
            controller=declaration.name,
            kind=declaration.for_,
            cls=declaration.cls,
            on_misfit=partial(self._environment.metrics.family(DECODE_ERRORS).inc, declaration.name),
            client=self._environment.client.for_controller(
                declaration.signature,
                {"plugin": self.revision.plugin, "revision": self.label, "controller": declaration.name},
            ),
            recorder=self._environment.recorder(declaration.name),
            listers=informers.listers(),
            own_lister=informers.primary() if declaration.for_ is not None else None,
            enqueue=self.triggers.enqueuer(declaration.name),
            identity=self.identities[declaration.name],
            manager=declaration.signature,
            finalizer=declaration.finalizer,
            keep_previous=declaration.keep_previous,
            writes=expectations_of(declaration, informers, self._environment),
            loops=self._loops(declaration, informers),
            clock=self._environment.clock,
            rights=MissingRights(self.revision.plugin, self.label, declaration.name, self._environment.clock),
            make_children=child_writer_of(declaration, informers, self._environment),
            make_statuses=status_writer_of(declaration),
        )
        return BoundController(declaration, scope, guard)

    def _guard(self, controller: str) -> PluginGuard:
        errors = self._environment.metrics.family(HANDLER_ERRORS)

        def failed(what: str, error: BaseException) -> None:
            errors.inc(controller, what)
            if (log := self.failures.get(controller)) is not None:
                log.code_failed(what, error)

        return PluginGuard(
            self.revision.plugin,
            self.label,
            controller,
            clock=self._environment.clock,
            locate=self.revision.modules.user_path,
            mark=self._tasks.mark,
            around=self._environment.shared_mark(self.revision.plugin, self.digest, "event handlers", controller),
            on_error=failed,
        )

    def _loops(self, declaration: ControllerDeclaration, informers: InformerSet) -> LoopDetector:
        return LoopDetector(
            Writer(self.revision.plugin, self.label, declaration.name, None),
            FeedingInformers(declaration, informers),
            backoff=declaration.rate_limit or RateLimiterSpec(),
            clock=self._environment.clock,
            fights=self._environment.fights,
        )
