"""What every request works on: the state of one simulated cluster."""

from dataclasses import dataclass, field

from plugin_operator.apiserver.clock import Clock
from plugin_operator.apiserver.faults import FaultPlan
from plugin_operator.apiserver.registry import Registry
from plugin_operator.apiserver.security.rbac import RoleBased
from plugin_operator.apiserver.security.tokens import Tokens
from plugin_operator.apiserver.storage import Store


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
