"""Leader election among replicas with a Lease.

Owns acquiring, renewing and releasing the Lease. Leaves the leader's work to ``manager``.
"""

from plugin_operator.leaderelection.elector import LeaderElector
from plugin_operator.leaderelection.lease_lock import LeaseClient, LeaseLock, new_identity
from plugin_operator.leaderelection.lease_record import LeaderRecord
from plugin_operator.leaderelection.lease_sighting import Sighting
from plugin_operator.leaderelection.lease_watch import LeaseWatch
from plugin_operator.leaderelection.timing import Timing

__all__ = [
    "LeaderElector",
    "LeaderRecord",
    "LeaseClient",
    "LeaseLock",
    "LeaseWatch",
    "Sighting",
    "Timing",
    "new_identity",
]
