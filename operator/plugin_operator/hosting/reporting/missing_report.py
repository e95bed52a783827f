"""``MissingReport``: the rules that one plugin lacks, in its reason and in the log."""

from plugin_operator import logs
from plugin_operator.hosting.permissions.missing_rules import MissingRules, short_text, yaml_text

_log = logs.get_logger(__name__)


class MissingReport:
    """The last answer of the API server about the permissions of one plugin.

    Args:
        plugin: name of the plugin.

    Attributes:
        shown: the rules that the plugin's present code lacks; empty while nothing is missing or known.
    """

    def __init__(self, plugin: str) -> None:
        self.shown: tuple[MissingRules, ...] = ()
        self._plugin = plugin
        self._known: tuple[str, tuple[MissingRules, ...]] = "", ()
        self._logged: tuple[MissingRules, ...] = ()

    @property
    def text(self) -> str:
        """The rules in one line, for the reason; empty if nothing is missing or known."""
        return f"permissions are missing: {short_text(self.shown)}" if self.shown else ""

    def take(self, digest: str, missing: tuple[MissingRules, ...] | None) -> None:
        """Note an answer about the files with ``digest``; None if the API server did not tell."""
        self._known = digest, missing or ()
        if missing and missing != self._logged:
            _log.warning("Plugin lacks permissions", plugin=self._plugin, rules=yaml_text(missing))
        elif missing == () and self._logged:
            _log.info("Plugin has its permissions", plugin=self._plugin)
        if missing is not None:
            self._logged = missing

    def show(self, digest: str) -> None:
        """Show what is known about the files with ``digest``; an empty digest shows nothing."""
        self.shown = self._known[1] if digest and digest == self._known[0] else ()

    def hide(self) -> None:
        """Show nothing."""
        self.shown = ()
