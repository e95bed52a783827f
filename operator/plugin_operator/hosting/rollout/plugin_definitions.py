"""``PluginDefinitions``: the custom kinds of one plugin, before its informers start and while it runs.

Owns when a definition is installed or looked at, and what its outcome means for the plugin. Leaves the requests to
``hosting.crds``. Of several worker processes, the one that leads installs, and the others follow its decision.
"""

from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.connection_backoff import Backoff
from plugin_operator.hosting.crds.outcomes import DefinitionPending, DefinitionRefused
from plugin_operator.hosting.environment import Environment
from plugin_operator.hosting.permissions.missing_rules import MissingRules, missing_rules
from plugin_operator.hosting.rollout.definition_owners import DefinitionOwners
from plugin_operator.hosting.rollout.revision_builder import RetryableRejection
from plugin_operator.hosting.runtime.revision_runtime import RevisionRuntime
from plugin_operator.processes.messages import Ruling
from plugin_operator.processes.peers.peers import Peers

#: How long a reload waits for the decision of the worker that leads, which loads the same file at the same time.
RULING_SECONDS = 2.0
_POLL_SECONDS = 0.02

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
        retry: called when what has held a content back may be over.

    Attributes:
        note: what is wrong with the definitions of the active revision; empty if nothing is known.
    """

    def __init__(
        self, plugin: str, environment: Environment, owners: DefinitionOwners, retry: Callable[[], None]
    ) -> None:
        self.note = ""
        self._plugin = plugin
        self._definitions = environment.definitions
        self._owners = owners
        self._environment = environment
        self._clock = environment.clock
        self._interval = environment.settings.definition_seconds
        self._backoff = Backoff(environment.clock, base_seconds=1.0, cap_seconds=30.0, jitter=0.5)
        self._due_at = 0.0
        self._waited = False
        if environment.peers is not None:
            environment.peers.rulings.listen(plugin, retry)
            environment.peers.votes.listen(plugin, retry)

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
            WaitingForDefinition: the API server failed, the operator lacks a permission, or another worker decides.
        """
        peers, kinds = self._environment.peers, runtime.revision.kinds
        if self._definitions is None or not kinds:
            return ""
        if peers is None or not self._environment.installs:
            return await self._install(runtime) if self._environment.leads else ""
        if peers.sources.is_run(self._plugin, runtime.digest):
            return await self._noted(runtime)  # other workers run it already
        if not await self._must_rule(peers, runtime):
            return ""
        try:
            note = await self._install(runtime)
        except RetryableRejection as error:
            is_refused = not isinstance(error, WaitingForDefinition)
            ruling = Ruling(self._plugin, runtime.digest, error.reason, error.path or "", error.line, is_refused)
            peers.rulings.rule(ruling)
            raise
        peers.rulings.rule(Ruling(self._plugin, runtime.digest))
        return note

    async def _install(self, runtime: RevisionRuntime) -> str:
        if self._definitions is None:
            return ""
        notes: list[str] = []
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

    async def _noted(self, runtime: RevisionRuntime) -> str:
        """Install what a revision defines, if this worker leads; a failure is a note."""
        try:
            return await self._install(runtime) if self._environment.leads else ""
        except RetryableRejection as error:
            if error.reason != self.note:
                _log.warning("Definition not installed", plugin=self._plugin, path=error.path, reason=error.reason)
            return error.reason

    async def _must_rule(self, peers: Peers, runtime: RevisionRuntime) -> bool:
        """Wait for the decision of the worker that leads, and return False if it has installed the definitions.

        Returns True once this worker leads.

        Raises:
            RetryableRejection: the change is refused.
            WaitingForDefinition: the definitions are not installed yet.
        """
        end = self._clock.monotonic() + RULING_SECONDS
        while not self._environment.leads:
            ruling = peers.rulings.of(self._plugin, runtime.digest)
            if ruling is None and self._clock.monotonic() < end:
                await self._clock.sleep(_POLL_SECONDS)
                continue
            ruling = ruling or _undecided(runtime)
            if ruling.is_refused:
                raise RetryableRejection(ruling.reason, path=ruling.path, line=ruling.line)
            if not ruling.is_installed:
                raise WaitingForDefinition(ruling.reason, path=ruling.path, line=ruling.line, missing=())
            return False
        return True

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
        if self._definitions is None or not runtime.revision.kinds or not self._environment.leads:
            return False
        return self._clock.monotonic() >= self._due_at or (self._waits(runtime) and not self._waited)

    async def look(self, runtime: RevisionRuntime) -> None:
        """Install again what the active revision defines: a definition may have been changed or deleted.

        Failures are notes: they do not stop code that runs.
        """
        self.installed(runtime, await self._noted(runtime))

    def _waits(self, runtime: RevisionRuntime) -> bool:
        """Report whether a cache of a defined kind waits for the API server."""
        specs = [each.definition["spec"] for each in runtime.revision.kinds]
        kinds = {(each["group"], each["names"]["kind"]) for each in specs}
        return any((key.gvk.group, key.gvk.kind) in kinds for key in runtime.blocked)


def _undecided(runtime: RevisionRuntime) -> Ruling:
    kind = runtime.revision.kinds[0]
    names = ", ".join(each.name for each in runtime.revision.kinds)
    return Ruling(
        runtime.revision.source.name,
        runtime.digest,
        f"the worker that leads has not installed this definition yet: {names}",
        kind.path,
        kind.line,
    )
