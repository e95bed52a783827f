"""``SharedSources``: which contents run in the other workers of the operator."""

from collections.abc import Callable, Mapping

from plugin_operator.processes.messages import Runs


class SharedSources:
    """Tells a worker that starts what the others run, for files that it cannot load itself.

    Args:
        report: called with what runs here.
    """

    def __init__(self, report: Callable[[Runs], None]) -> None:
        self._report = report
        self._known: dict[str, Runs] = {}

    @property
    def elsewhere(self) -> Mapping[str, Runs]:
        """What ran in other workers when this one started, by plugin, until the plugin runs here."""
        return self._known

    def learn(self, what: Runs) -> None:
        """Note what runs in another worker."""
        self._known[what.plugin] = what

    def runs(self, plugin: str, digest: str, source: bytes) -> None:
        """Report that a content runs here; an empty digest if the plugin was unloaded."""
        self.forget(plugin)
        self._report(Runs(plugin, digest, source))

    def forget(self, plugin: str) -> None:
        """Forget what runs in the others."""
        self._known.pop(plugin, None)

    def is_run(self, plugin: str, digest: str) -> bool:
        """Report whether a content that does not run here yet ran in another worker when this one started."""
        return plugin in self._known and self._known[plugin].digest == digest
