"""``DirectoryReport``: log lines and metric of the plugins directory itself."""

from plugin_operator import logs
from plugin_operator.hosting.scan.snapshot import Directory, Snapshot
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge

_NAMED = 20

PLUGINS_DIRECTORY_PROBLEM = gauge(
    "plugin_operator_plugins_directory_problem", "1 while the directory cannot be used", "problem", merge="highest"
)

_log = logs.get_logger(__name__)


class DirectoryReport:
    """Reports what is odd about the directory, once each.

    Args:
        metrics: metrics registry.

    Attributes:
        problem: why the directory is unusable; empty if it is usable.
        ignored: names in it that are ignored.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.problem = "the plugins directory has not been read yet"
        self.ignored: tuple[str, ...] = ()

    def say(self, snapshot: Snapshot, kept: int, *, has_scanned: bool) -> None:
        """Report what a scan has found.

        Args:
            snapshot: its result.
            kept: number of plugins that are loaded.
            has_scanned: whether the directory was read before.
        """
        problem = snapshot.reason if snapshot.directory is not Directory.OK else ""
        if snapshot.directory is Directory.EMPTY and kept:
            problem += ", so the plugins that are loaded keep running"
        if problem != self.problem:
            gauge = self._metrics.family(PLUGINS_DIRECTORY_PROBLEM)
            gauge.values.clear()
            if problem:
                gauge.set(1, snapshot.directory.value)
                _warn_of(snapshot, problem, kept)
            elif has_scanned:
                _log.info("Plugins directory usable again", path=snapshot.root)
            self.problem = problem
        if snapshot.ignored != self.ignored:
            self.ignored = snapshot.ignored
            named = list(snapshot.ignored[:_NAMED])
            count = len(snapshot.ignored)
            _log.warning("Names in the plugins directory ignored", path=snapshot.root, names=named, count=count)


def _warn_of(snapshot: Snapshot, problem: str, kept: int) -> None:
    if snapshot.directory is Directory.EMPTY and not kept:
        _log.warning("Plugins directory empty", path=snapshot.root, way_out="add a .py file: it is loaded at once")
        return
    say = _log.error if kept or snapshot.directory is Directory.UNTRUSTED else _log.warning
    say("Plugins directory unusable", path=snapshot.root, reason=problem, kept=kept)
