"""One leader among many replicas, by a Lease.

Owns taking, renewing and releasing the Lease. What the leader does is left to ``manager``.
"""

from plugin_operator.leaderelection.elector import LeaderElector
from plugin_operator.leaderelection.lock import LeaseClient, LeaseLock, new_identity
from plugin_operator.leaderelection.record import LeaderRecord, micro_time
from plugin_operator.leaderelection.sighting import Sighting
from plugin_operator.leaderelection.timing import Timing
from plugin_operator.leaderelection.watch import LeaseWatch

__all__ = [
    "LeaderElector",
    "LeaderRecord",
    "LeaseClient",
    "LeaseLock",
    "LeaseWatch",
    "Sighting",
    "Timing",
    "micro_time",
    "new_identity",
]
