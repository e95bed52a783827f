"""Handover of state between revisions: ``export_state()`` → JSON → ``import_state(state)``."""

from collections.abc import Iterable

from plugin_operator import logs
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

_log = logs.get_logger(__name__)

#: Exported states by controller name; None for a controller without state.
States = dict[str, bytes | None]


async def rehearse(old: RevisionRuntime | None, new: RevisionRuntime) -> States:
    """Hand over state before the swap, when a failure has no effect yet, and return the exported states.

    Raises:
        RetryableRejection: ``import_state`` of the new revision failed or timed out.
    """
    if old is None:
        return {}
    states = await _export(old, old.bound.keys() & new.bound.keys())
    for name, state in states.items():
        try:
            await _import(new, name, state)
        except PluginRejected as error:
            raise RetryableRejection(error.reason, path=error.path, line=error.line) from None
    return states


async def repeat_if_changed(old: RevisionRuntime | None, new: RevisionRuntime, states: States) -> None:
    """Hand over again, after the swap, the states that have changed since; a failure is only logged.

    A controller whose export failed in ``rehearse`` is skipped, because the reconciles of the new revision wait for
    this call.
    """
    if old is None:
        return
    for name, state in (await _export(old, states)).items():
        if states[name] == state:
            continue
        try:
            await _import(new, name, state)
        except PluginRejected as error:
            plugin = new.revision.plugin
            _log.warning("State handover failed", plugin=plugin, revision=new.label, controller=name, reason=str(error))


async def _import(new: RevisionRuntime, name: str, state: bytes | None) -> None:
    if state is not None:
        bound = new.bound[name]
        await new.run_hook(bound, "import_state", lambda: bound.import_state(state))


async def _export(old: RevisionRuntime, names: Iterable[str]) -> States:
    states: States = {}
    for name in sorted(names):
        bound = old.bound[name]
        try:
            states[name] = await old.run_hook(bound, "export_state", bound.export_state)
        except PluginRejected as error:
            # A broken export of the old revision must not prevent a fix of the plugin.
            plugin = old.revision.plugin
            _log.warning("State export failed", plugin=plugin, revision=old.label, controller=name, reason=str(error))
    return states
