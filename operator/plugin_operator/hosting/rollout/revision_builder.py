"""Preparing a new revision up to the swap, and discarding it.

Owns the order: trial, import, names, caches, hooks, state. None of these steps affects the active revision.
"""

import asyncio
from functools import partial
from typing import Any

import msgspec

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.finalizers.ledger import FinalizerLedger
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.requirements.installed_check import RequirementsUnmet
from plugin_operator.hosting.rollout.definition_owners import DefinitionOwners
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.tasks import start_task, wait_until_done


class RetryableRejection(PluginRejected):
    """A rejection whose cause may be temporary; retry it later."""


class TrialInconclusive(RetryableRejection):
    """The trial had no clear result, perhaps because the machine was busy; retry it a few times."""


class Superseded(Exception):
    """The content is not wanted any more."""


class RefusedElsewhere(RetryableRejection):
    """Another worker process of the operator cannot run the content, so none does."""


class WaitingForApi(RetryableRejection):
    """The new revision would wait for the API server, but the active one does not; the active one keeps running.

    Attributes:
        caches: keys of the caches that would wait.
        facts: what the new revision needs.
    """

    def __init__(self, reason: str, *, path: str, caches: frozenset[Any], facts: PluginFacts) -> None:
        super().__init__(reason, path=path)
        self.caches = caches
        self.facts = facts


class RevisionBuilder(msgspec.Struct, frozen=True):
    """Dependencies for building revisions, shared by all plugins."""

    environment: Environment
    loader: Loader
    validator: Validator | None
    owners: DefinitionOwners
    ledger: FinalizerLedger = msgspec.field(default_factory=FinalizerLedger)


async def validate(builder: RevisionBuilder, source: PluginSource) -> tuple[str, ...]:
    """Try a plugin in a child process and return the side effects of its import.

    Raises:
        RetryableRejection: a requirement is not installed.
        PluginRejected: the trial rejected the plugin.
    """
    try:
        # Checked here first, because a missing requirement may last long and needs no trial process.
        await builder.loader.check(source)
    except RequirementsUnmet as error:
        raise RetryableRejection(error.reason, path=error.path, line=error.line) from None
    if builder.validator is None:
        return ()
    verdict = await builder.validator.validate(source)
    if verdict.ok:
        return tuple(verdict.leftovers)
    kind = TrialInconclusive if verdict.is_passing else PluginRejected
    raise kind(verdict.reason, path=verdict.path, line=verdict.line)


async def load(builder: RevisionBuilder, source: PluginSource, leftovers: tuple[str, ...]) -> RevisionRuntime:
    """Import a plugin into this process, and return its runtime, which is not prepared yet.

    Raises:
        PluginRejected: the import failed.
    """
    environment = builder.environment
    seconds = environment.settings.import_deadline_seconds
    marked = environment.marked_import(source.name, source.digest, partial(builder.loader.load, source))
    task = start_task(marked(), f"import/{source.name}")
    try:
        late = await wait_until_done([task], seconds, clock=environment.clock)
    except BaseException:
        task.add_done_callback(_purge_late)
        raise
    if late:
        task.add_done_callback(_purge_late)
        raise RetryableRejection(
            f"its import passed the trial, but did not end within {seconds:g} s here", path=source.path
        )
    return RevisionRuntime(task.result(), environment, leftovers)


async def prepare(runtime: RevisionRuntime | None, new: RevisionRuntime, *, start: bool) -> None:
    """Warm the caches of a revision and, if this process leads, run its ``start`` hooks.

    Raises:
        WaitingForApi: ``new`` needs a kind that is not served, or a permission that ``runtime`` does not need.
        RetryableRejection: a hook failed.
    """
    await new.prepare()
    lacking = new.blocked - runtime.blocked if runtime is not None else frozenset()
    if runtime is not None and runtime.works and lacking:
        reason = f"{new.waiting}; revision {runtime.label} keeps running until then"
        path, facts = new.revision.declarations[0].path, new.permissions.facts
        raise WaitingForApi(reason, path=path, caches=lacking, facts=facts)
    if start:
        try:
            await new.start()
        except PluginRejected as error:
            raise RetryableRejection(error.reason, path=error.path, line=error.line) from None


async def discard(new: RevisionRuntime) -> None:
    """Discard a revision that was never installed."""
    await new.stop()
    await new.retire()


def _purge_late(task: "asyncio.Task[PluginRevision]") -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().purge()
