"""What one worker says of its own part of the work; the supervisor adds what only it knows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin_operator.cache import Informer, ShardedInformer


def worker_report(
    informers: Sequence[Informer], plugins: Iterable[Mapping[str, Any]], since: datetime
) -> dict[str, Any]:
    """Return the part of a worker, as JSON can express it.

    Args:
        informers: its caches.
        plugins: its plugins, as in ``/status``.
        since: when its process began.
    """
    controllers = [each for plugin in plugins for each in plugin["controllerStatus"]]
    working = [each for each in controllers if each["started"]]  # others only keep their caches and queues ready
    sharded = [each for each in informers if isinstance(each, ShardedInformer)]
    filters = [each.server_filters for each in sharded if each.server_filters is not None]
    return {
        "since": since.isoformat(),
        "objects": sum(len(each.lister) for each in informers),
        "queueDepth": sum(each["queueDepth"] for each in working),
        "reconciles": sum(sum(each["reconciles"].values()) for each in working),
        "controllers": len(controllers),
        "isSharded": bool(sharded),
        "serverFilters": all(filters) if filters else None,
    }
