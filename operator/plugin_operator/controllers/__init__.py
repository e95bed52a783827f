"""Controllers: the path from events to reconciles, over any number of revisions.

Owns requests, results, predicates, handlers, workers and the swap of revisions. ``cache`` provides informers; layers
above own declarations and the time of a swap.
"""

from plugin_operator.controllers.controller import Controller
from plugin_operator.controllers.handlers import (
    EnqueueForObject,
    EnqueueForOwner,
    EnqueueMapped,
    EnqueueMappedLater,
    Handler,
    request_of,
)
from plugin_operator.controllers.object_view import ObjectView
from plugin_operator.controllers.predicates import (
    Predicate,
    annotations_changed,
    changed,
    functions_of,
    generation_changed,
    labels_changed,
    matches,
    resource_version_changed,
)
from plugin_operator.controllers.reconcile import (
    ControllerStopped,
    Failure,
    FailureCallback,
    Reconciler,
    ReconcileTimeoutError,
    Request,
    Result,
    TemporaryError,
)
from plugin_operator.controllers.sharded.sharded_controller import ShardedController
from plugin_operator.controllers.sources.namespaces import Openness, openness
from plugin_operator.controllers.sources.trigger import Trigger
from plugin_operator.controllers.spec import ControllerSpec, RateLimiterSpec, Watch
from plugin_operator.controllers.status import ControllerStatus, InFlight, InformerStatus, ScheduleStatus
from plugin_operator.controllers.time_limit import time_limited
from plugin_operator.controllers.workers.drain import Drain
from plugin_operator.controllers.workers.outcomes import FailingKey

__all__ = [
    "Controller",
    "ControllerSpec",
    "ControllerStatus",
    "ControllerStopped",
    "Drain",
    "EnqueueForObject",
    "EnqueueForOwner",
    "EnqueueMapped",
    "EnqueueMappedLater",
    "FailingKey",
    "Failure",
    "FailureCallback",
    "Handler",
    "InFlight",
    "InformerStatus",
    "ObjectView",
    "Openness",
    "Predicate",
    "RateLimiterSpec",
    "ReconcileTimeoutError",
    "Reconciler",
    "Request",
    "Result",
    "ScheduleStatus",
    "ShardedController",
    "TemporaryError",
    "Trigger",
    "Watch",
    "annotations_changed",
    "changed",
    "functions_of",
    "generation_changed",
    "labels_changed",
    "matches",
    "openness",
    "request_of",
    "resource_version_changed",
    "time_limited",
]
