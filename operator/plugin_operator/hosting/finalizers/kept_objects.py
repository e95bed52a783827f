"""``KeptObjects``: the objects that keep finalizers of one plugin, counted and named.

Owns reads, the gauge and the texts. Leaves taking finalizers off to ``removal``.
"""

from collections.abc import Callable, Iterable

from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.finalizers.ledger import FinalizerKey, FinalizerLedger, KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import LiveFinalizers
from plugin_operator.hosting.finalizers.messages import named
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge
from plugin_operator.rendering import describe

KEPT_FINALIZERS = gauge(
    "plugin_operator_kept_finalizers", "Objects with a finalizer that no cleanup takes off", "plugin", "finalizer"
)


class KeptObjects:
    """The objects that keep finalizers of one plugin.

    Args:
        plugin: name of the plugin.
        live: reads finalizers.
        ledger: learns which finalizers no object has.
        metrics: has the gauge.
    """

    def __init__(self, plugin: str, live: LiveFinalizers, ledger: FinalizerLedger, metrics: Metrics) -> None:
        self._plugin = plugin
        self._live = live
        self._ledger = ledger
        self._gauge = metrics.family(KEPT_FINALIZERS)
        self._counts: dict[FinalizerKey, int] = {}

    async def reasons(self, owed: Iterable[KeptFinalizer], way_out_of: Callable[[KeptFinalizer], str]) -> list[str]:
        """Return which objects keep finalizers, by live lists; settle those that are on no object.

        Args:
            owed: the finalizers.
            way_out_of: returns what ends the wait for one.
        """
        reasons = []
        for kept in owed:
            try:
                found = await self._live.find(kept.kind, kept.finalizer.__eq__, kept.namespaces)
            except PluginOperatorError as error:
                reasons.append(f"objects of {kept.kind} may keep {kept.finalizer}: {describe(error)}")
                continue
            self.count(kept, len(found))
            if found:
                reasons.append(f"{named(kept, found)}; {way_out_of(kept)}")
            else:
                self._ledger.settle(self._plugin, kept)
        return reasons

    def count(self, kept: KeptFinalizer, count: int) -> None:
        """Set how many objects of its kind have a finalizer; the gauge is the sum over the kinds."""
        self._counts[kept.key] = count
        total = sum(each for key, each in self._counts.items() if key.finalizer == kept.finalizer)
        if total:
            self._gauge.set(total, self._plugin, kept.finalizer)
        else:
            self._gauge.remove(self._plugin, kept.finalizer)
