"""What every request works on: the state of one simulated cluster."""

from dataclasses import dataclass, field

from kube_apiserver.clock import Clock
from kube_apiserver.faults import FaultPlan
from kube_apiserver.registry import Registry
from kube_apiserver.security.rbac import RoleBased
from kube_apiserver.security.tokens import Tokens
from kube_apiserver.storage import Store


@dataclass(frozen=True, slots=True)
class Cluster:
    """The store, the table of resources and the time.

    Attributes:
        bookmark_seconds: how often an idle watch that asked for bookmarks gets one.
        stuck_seconds: how long one piece of a watch may stay unread before the connection is dropped.
        faults: what goes wrong on purpose.
    """

    store: Store
    registry: Registry
    clock: Clock
    authorizer: RoleBased
    tokens: Tokens
    bookmark_seconds: float = 60.0
    stuck_seconds: float = 30.0
    faults: FaultPlan = field(default_factory=FaultPlan)
