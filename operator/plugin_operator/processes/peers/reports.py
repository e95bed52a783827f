"""``Reports``: what the workers have reported, for the others and for those that start later."""

from plugin_operator.processes.messages import HoldObject, Quarantine, Report, Ruling, Runs
from plugin_operator.processes.peers.rulings import Rulings

_MAX_QUARANTINED = 1000


class Reports:
    """The latest of each."""

    def __init__(self) -> None:
        self._quarantined: dict[tuple[str, str], Quarantine] = {}
        self._rulings = Rulings()
        self._running: dict[str, Runs] = {}
        self._held: dict[str, list[HoldObject]] = {}

    def note(self, what: Report) -> bool:
        """Note what a worker has reported, and return whether the other workers need it now."""
        match what:
            case Quarantine():
                return self._quarantine(what)
            case Ruling():
                return self._rulings.note(what)
            case HoldObject():
                known = self._held.get(what.plugin, [])
                self._held[what.plugin] = [*(each for each in known if each.digest == what.digest), what]
                return True
            case Runs():
                self._run(what)
        return False

    def all(self) -> tuple[Report, ...]:
        """Return what a new worker must know before it loads plugins."""
        held = [each for known in self._held.values() for each in known]
        return (*self._quarantined.values(), *held, *self._rulings.all(), *self._running.values())

    def _quarantine(self, what: Quarantine) -> bool:
        key = what.plugin, what.digest
        if key in self._quarantined:
            return False
        while len(self._quarantined) >= _MAX_QUARANTINED:
            del self._quarantined[next(iter(self._quarantined))]
        self._quarantined[key] = what
        return True

    def _run(self, what: Runs) -> None:
        if what.digest:
            self._running[what.plugin] = what
        else:
            self._running.pop(what.plugin, None)
            self._rulings.forget(what.plugin)
            self._held.pop(what.plugin, None)
