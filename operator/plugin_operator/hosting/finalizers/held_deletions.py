"""``HeldDeletions``: Events of objects whose deletion waits for a finalizer that no cleanup takes off."""

from collections.abc import Callable, Iterable
from math import inf

from plugin_operator.clock import Clock
from plugin_operator.hosting.finalizers.ledger import FinalizerKey, KeptFinalizer
from plugin_operator.hosting.finalizers.live_finalizers import FinalizedObject
from plugin_operator.plugin import Recorder

#: The API server forgets an Event after an hour, unless it is configured otherwise.
AGAIN_SECONDS = 3600.0
#: Events of one look; the other objects get theirs at the next one.
MOST_AT_ONCE = 50
_REASON = "DeletionHeld"


class HeldDeletions:
    """Tells people who look at an object why its deletion waits; the status of the plugin names the first ones only.

    Args:
        recorder: returns the recorder of a controller.
        clock: measures when an Event is repeated.
    """

    def __init__(self, recorder: Callable[[str], Recorder], clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        #: When the last Event of each object was recorded; by finalizer and uid.
        self._recorded: dict[FinalizerKey, dict[str, float]] = {}

    def report(self, kept: KeptFinalizer, found: Iterable[FinalizedObject], why: str) -> None:
        """Record an Event of each object that is being deleted, once an hour.

        Args:
            kept: the finalizer.
            found: all objects that have it.
            why: why no cleanup takes it off, and the way out.
        """
        now, known = self._clock.monotonic(), self._recorded.get(kept.key, {})
        deleted = [each for each in found if each.is_deleted]
        recorded = {each.uid: known[each.uid] for each in deleted if now - known.get(each.uid, -inf) < AGAIN_SECONDS}
        due = [each for each in deleted if each.uid not in recorded][:MOST_AT_ONCE]
        recorder = self._recorder(kept.controller_id)
        for each in due:
            namespace, name = each.key
            metadata = {"namespace": namespace, "name": name, "uid": each.uid, "resourceVersion": each.resource_version}
            about = {"apiVersion": each.kind.api_version, "kind": each.kind.kind, "metadata": metadata}
            recorder.event(about, "Warning", _REASON, f"the deletion waits for the finalizer {kept.finalizer}: {why}")
            recorded[each.uid] = now
        self._recorded[kept.key] = recorded
