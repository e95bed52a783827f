"""``KeptObjects``: the objects that keep finalizers of one plugin, counted and named.

Owns reads, the gauge and the texts. Leaves Events to ``held_deletions``, and taking finalizers off to ``removal``.
"""

from collections.abc import Callable, Iterable

from plugin_operator.errors import PluginOperatorError
from plugin_operator.hosting.finalizers.held_deletions import HeldDeletions
from plugin_operator.hosting.finalizers.ledger import FinalizerKey, FinalizerLedger, KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import LiveFinalizers
from plugin_operator.hosting.finalizers.messages import named
from plugin_operator.metrics import Metrics
from plugin_operator.metrics.declaration import gauge
from plugin_operator.rendering import describe

KEPT_FINALIZERS = gauge(
    "plugin_operator_kept_finalizers",
    "Objects with a finalizer that no cleanup takes off",
    "plugin",
    "finalizer",
    merge="highest",
)


class KeptObjects:
    """The objects that keep finalizers of one plugin.

    Args:
        plugin: name of the plugin.
        live: reads finalizers.
        ledger: learns which finalizers no object has.
        metrics: has the gauge.
        held: records Events of objects that are being deleted.
    """

    def __init__(
        self, plugin: str, live: LiveFinalizers, ledger: FinalizerLedger, metrics: Metrics, held: HeldDeletions
    ) -> None:
        self._plugin = plugin
        self._live = live
        self._ledger = ledger
        self._held = held
        self._gauge = metrics.family(KEPT_FINALIZERS)
        self._counts: dict[FinalizerKey, int] = {}

    async def reasons(
        self,
        owed: Iterable[KeptFinalizer],
        way_out_of: Callable[[KeptFinalizer], str],
        *,
        cause: str = "",
        records: bool = True,
    ) -> list[str]:
        """Return which objects keep finalizers, by live lists; settle those that are on no object.

        Args:
            owed: the finalizers.
            way_out_of: returns what ends the wait for one.
            cause: what an Event says before the way out.
            records: whether to record Events; only the leader does.
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
                way_out = way_out_of(kept)
                reasons.append(f"{named(kept, found)}; {way_out}")
                if records:
                    self._held.report(kept, found, f"{cause}{way_out}")
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
