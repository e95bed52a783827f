"""Handing state from one revision to the next: ``export_state()`` → JSON → ``import_state(state)``."""

from plugin_operator import logs
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.live import LiveRevision

_log = logs.get_logger(__name__)

States = dict[str, bytes]


async def rehearse(old: LiveRevision | None, new: LiveRevision) -> States:
    """Hand over before the swap, where a failure still costs nothing; return what was handed over.

    Raises:
        PluginRejected: the new revision cannot take the state.
    """
    states: States = {}
    for name, state in (await _export(old)).items():
        bound = new.bound.get(name)
        if bound is None:
            continue
        try:
            await bound.import_state(state)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the author's and is reported
            declaration = bound.declaration
            what = f"import_state raised {type(error).__name__}: {error}"
            raise PluginRejected(what, path=declaration.path, line=declaration.line) from None
        states[name] = state
    return states


async def repeat_if_changed(old: LiveRevision | None, new: LiveRevision, states: States) -> None:
    """Hand over again, after the swap, what the old revision has changed since; a failure is only logged."""
    for name, state in (await _export(old)).items():
        bound = new.bound.get(name)
        if bound is None or states.get(name) == state:
            continue
        try:
            await bound.import_state(state)
        except Exception:  # noqa: BLE001 - the author's; logged
            _log.exception("State not handed over", plugin=new.revision.plugin, revision=new.label, controller=name)


async def _export(old: LiveRevision | None) -> States:
    states: States = {}
    for name, bound in (old.bound if old is not None else {}).items():
        try:
            state = await bound.export_state()
        except Exception:  # noqa: BLE001 - the author's; logged
            # An old revision that cannot tell its state must not keep the plugin from being mended.
            _log.exception("State not exported", plugin=bound.scope.plugin, controller=name)
            continue
        if state is not None:
            states[name] = state
    return states
