"""How long the reconciles of one controller took, by part of the hashes.

Owns the sums since they were taken last. Leaves it to ``processes`` what they mean as the load of a shard.
"""

from plugin_operator.kube.shards import HASHES

#: Equal parts of the hashes that are measured separately: as many as a map has shards at most.
PARTS = 256
#: A reconcile counts for so long at most: what takes longer mostly waits, and would count all at once when it ends.
LONGEST_SECONDS = 10.0


class WorkMeter:
    """Seconds of the reconciles of one controller.

    Attributes:
        slots: how many reconciles may run at once.
    """

    __slots__ = ("_seconds", "slots")

    def __init__(self) -> None:
        self.slots = 1
        self._seconds: dict[int | None, float] = {}

    def worked(self, shard: int | None, seconds: float) -> None:
        """Note a reconcile of an object with a hash; None for one of a controller that is not sharded."""
        part = None if shard is None else shard * PARTS // HASHES
        self._seconds[part] = self._seconds.get(part, 0.0) + min(seconds, LONGEST_SECONDS)

    def take(self) -> dict[int | None, float]:
        """Return the seconds by part since the last call; those of a controller that is not sharded under None."""
        taken, self._seconds = self._seconds, {}
        return taken
