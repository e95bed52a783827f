"""What the status says of the worker processes of an operator, and which worker or replica has an object."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin_operator.errors import PluginOperatorError
from plugin_operator.kube.shards import hash_of

TITLES = ("WORKER", "PID", "SINCE", "SHARDS", "LOAD", "QUEUE", "OBJECTS", "RECONCILES", "RESTARTS", "NOTE")
_DIVISION = {
    True: "The API server sends each worker its part of the objects.",
    False: "Each worker receives all objects and keeps its part: the API server does not use ShardedListAndWatch.",
}


def worker_rows(status: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    """Return a row below ``TITLES`` for each worker; none for an operator of one process."""
    return [_row(each) for each in status.get("workers") or ()]


def remarks(status: Mapping[str, Any]) -> list[str]:
    """Return what is known of the division of the work among the workers, in sentences."""
    if not status.get("workers"):
        return []  # replicas share work in another way
    sharding = status.get("sharding") or {}
    filters, hint = sharding.get("serverFilters"), sharding.get("hint")
    return [*([_DIVISION[filters]] if filters is not None else []), *([hint] if hint else [])]


def worker_of(status: Mapping[str, Any], text: str) -> str:
    """Return which worker, or which replica, has the objects whose namespace or uid is ``text``.

    Raises:
        PluginOperatorError: the operator shares no objects, or no member has it now.
    """
    workers, replicas = status.get("workers") or (), status.get("replicas") or ()
    if not workers and not replicas:
        raise PluginOperatorError(
            "the operator has no worker processes and no replicas that share objects, which --worker-of is about"
        )
    value = hash_of(text)
    found = next((each for each in (*workers, *replicas) if _has(each, value)), None)
    if found is None:
        who = "worker has {!r} now: its shard moves, or its worker starts again"
        if not workers:
            who = "replica has {!r} now: its shard has no owner"
        raise PluginOperatorError(f"no {who.format(text)}. Try again")
    if not workers:
        return f"{text}: replica {found.get('pod') or found.get('lease')} ({found.get('state') or 'state not known'})"
    kept = f"pid {found['pid']}" if found.get("pid") else "it does not run now"
    return f"{text}: worker {found.get('number')} ({kept})"


def _has(worker: Mapping[str, Any], value: int) -> bool:
    return any(int(start, 16) <= value < int(end, 16) for start, end in worker.get("ranges") or ())


def _row(worker: Mapping[str, Any]) -> tuple[str, ...]:
    load = worker.get("load")
    return (
        _shown(worker.get("number")),
        _shown(worker.get("pid")),
        str(worker.get("since") or "-")[:19],
        _shown(worker.get("shards")) + (", leads" if worker.get("leads") else ""),
        "-" if load is None else f"{load:.0%}",
        *(_shown(worker.get(name)) for name in ("queueDepth", "objects", "reconciles", "restarts")),
        str(worker.get("problem") or ""),
    )


def _shown(value: Any) -> str:
    return "-" if value is None else str(value)
