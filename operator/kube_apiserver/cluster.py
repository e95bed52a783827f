"""The state of one cluster, which every request works on."""

from dataclasses import dataclass, field

from kube_apiserver.clock import Clock
from kube_apiserver.faults import FaultPlan
from kube_apiserver.registry import Registry
from kube_apiserver.security.rbac import RbacAuthorizer
from kube_apiserver.security.tokens import Tokens
from kube_apiserver.storage import Store


@dataclass(frozen=True, slots=True)
class Cluster:
    """The store, the resource registry, the authorizer and the clock of one cluster.

    Attributes:
        bookmark_seconds: interval of bookmarks on an idle watch that allows them.
        stuck_seconds: how long a watch client may leave one chunk unread before the server drops the connection.
        features: the features that are on.
        faults: the planned faults.
    """

    store: Store
    registry: Registry
    clock: Clock
    authorizer: RbacAuthorizer
    tokens: Tokens
    bookmark_seconds: float = 60.0
    stuck_seconds: float = 30.0
    features: frozenset[str] = frozenset()
    faults: FaultPlan = field(default_factory=FaultPlan)
