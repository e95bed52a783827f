"""Handing state from one revision to the next: ``export_state()`` → JSON → ``import_state(state)``."""

from collections.abc import Iterable

from plugin_operator import logs
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

_log = logs.get_logger(__name__)

#: What the controllers answered that could tell their state, by name; None where there is nothing to hand over.
States = dict[str, bytes | None]


async def rehearse(old: RevisionRuntime | None, new: RevisionRuntime) -> States:
    """Hand over before the swap, where a failure still costs nothing; return what the old revision told.

    Raises:
        RetryableRejection: the new revision cannot take the state, or not in time.
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
    """Hand over again, after the swap, what the old revision has changed since; a failure is only logged.

    A controller that could not tell its state in the rehearsal is not asked again: the reconciles of the new revision
    wait for this.
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
            _log.warning("State not handed over", plugin=plugin, revision=new.label, controller=name, reason=str(error))


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
            # An old revision that cannot tell its state must not keep the plugin from being mended.
            plugin = old.revision.plugin
            _log.warning("State not exported", plugin=plugin, revision=old.label, controller=name, reason=str(error))
    return states
