"""``PluginDefinitions``: the custom kinds of one plugin, before its informers start and while it runs.

Owns when a definition is installed or looked at, and what its outcome means for the plugin. Leaves the requests to
``hosting.crds``.
"""

from plugin_operator import logs
from plugin_operator.connection_backoff import Backoff
from plugin_operator.hosting.crds.outcomes import DefinitionPending, DefinitionRefused
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.permissions.missing_rules import MissingRules, missing_rules
from plugin_operator.hosting.rollout.definition_owners import DefinitionOwners
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime

_log = logs.get_logger(__name__)


class WaitingForDefinition(RetryableRejection):
    """A definition cannot be installed now; the active revision, if there is one, keeps running.

    Attributes:
        missing: the rules that the operator lacks.
    """

    def __init__(self, reason: str, *, path: str, line: int | None, missing: tuple[MissingRules, ...]) -> None:
        super().__init__(reason, path=path, line=line)
        self.missing = missing


class PluginDefinitions:
    """Looks after the definitions of one plugin.

    Args:
        plugin: name of the plugin.
        environment: installs definitions.
        owners: what all plugins define.

    Attributes:
        note: what is wrong with the definitions of the active revision; empty if nothing is known.
    """

    def __init__(self, plugin: str, environment: Environment, owners: DefinitionOwners) -> None:
        self.note = ""
        self._plugin = plugin
        self._definitions = environment.definitions
        self._owners = owners
        self._clock = environment.clock
        self._interval = environment.settings.definition_seconds
        self._backoff = Backoff(environment.clock, base_seconds=1.0, cap_seconds=30.0, jitter=0.5)
        self._due_at = 0.0
        self._waited = False

    def claim(self, runtime: RevisionRuntime) -> None:
        """Note what a revision defines before it is installed, besides the active one.

        Raises:
            PluginRejected: another plugin defines one of its kinds differently.
        """
        self._owners.claim(self._plugin, runtime.revision.kinds)

    def keep(self, runtime: RevisionRuntime | None) -> None:
        """Forget what revisions other than the active one define; call it only while no swap is running."""
        self._owners.keep_only(self._plugin, runtime.revision.kinds if runtime is not None else ())

    async def install(self, runtime: RevisionRuntime) -> str:
        """Install what a revision defines, before its informers start or before it reconciles.

        Returns:
            What is not as its classes say, but does not stop it.

        Raises:
            RetryableRejection: a change is refused; it may be allowed once live objects have changed.
            WaitingForDefinition: the API server failed, or the operator lacks a permission.
        """
        notes: list[str] = []
        if self._definitions is None:
            return ""
        for kind in runtime.revision.kinds:
            try:
                done = await self._definitions.install(kind.definition, plugin=self._plugin, path=kind.path)
            except DefinitionRefused as error:
                raise RetryableRejection(str(error), path=kind.path, line=kind.line) from None
            except DefinitionPending as error:
                missing = missing_rules(error.denied)
                raise WaitingForDefinition(error.reason, path=kind.path, line=kind.line, missing=missing) from None
            notes.append(done.note)
        return "; ".join(filter(None, notes))

    def installed(self, runtime: RevisionRuntime, note: str) -> None:
        """Take over what ``install`` returned, because the revision has become the active one."""
        self.note = note
        self._waited = self._waits(runtime)
        if not note and not self._waited:
            self._backoff.reset()
        pause = self._backoff.next_seconds() if note or self._waited else self._interval
        self._due_at = self._clock.monotonic() + pause

    def is_due(self, runtime: RevisionRuntime) -> bool:
        """Report whether the definitions of the active revision should be looked at again."""
        if self._definitions is None or not runtime.revision.kinds:
            return False
        return self._clock.monotonic() >= self._due_at or (self._waits(runtime) and not self._waited)

    async def look(self, runtime: RevisionRuntime) -> None:
        """Install again what the active revision defines: a definition may have been changed or deleted.

        Failures are notes: they do not stop code that runs.
        """
        try:
            note = await self.install(runtime)
        except RetryableRejection as error:
            note = error.reason
            if note != self.note:
                _log.warning("Definition not installed", plugin=self._plugin, path=error.path, reason=note)
        self.installed(runtime, note)

    def _waits(self, runtime: RevisionRuntime) -> bool:
        """Report whether a cache of a defined kind waits for the API server."""
        specs = [each.definition["spec"] for each in runtime.revision.kinds]
        kinds = {(each["group"], each["names"]["kind"]) for each in specs}
        return any((key.gvk.group, key.gvk.kind) in kinds for key in runtime.blocked)
