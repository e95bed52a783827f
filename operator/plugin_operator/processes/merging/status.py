"""The status of all workers as that of one process.

What all workers report alike stands once; what only some report names them. A plugin has the state of the worker in
which it is worst, and a controller has the numbers of the workers that run it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from plugin_operator.controllers.workers.failure_summary import failure_summary

Json: TypeAlias = dict[str, Any]

#: Worst first; a state that is not here comes last.
_STATES = (
    "Stuck", "Quarantined", "Rejected", "Held", "Waiting", "Draining", "Warming", "Validating", "Discovered", "Active",
)  # fmt: skip
#: A reason that names workers itself.
_OF_WORKERS = re.compile(r"workers? \d")
_SHOWN_NAMES = 3
_SUMMED = ("queueDepth", "delayed", "maxConcurrentReconciles")


def merged_status(statuses: Sequence[Mapping[str, Any] | None], **own: Any) -> Json:
    """Return one status for those of all workers by number; None stands for a worker that has not answered.

    Args:
        statuses: the status of each worker.
        own: fields that the supervisor knows better.
    """
    found = [(number, each) for number, each in enumerate(statuses) if each is not None]
    merged: Json = dict(found[0][1]) if found else {"plugins": []}
    problems = _joined(each.get("pluginsDirProblem", "") for _, each in found)
    plugins: dict[str, list[tuple[int, Json]]] = {}
    for number, status in found:
        for each in status["plugins"]:
            plugins.setdefault(each["name"], []).append((number, each))
    merged |= {
        "pluginsDirProblem": problems,
        "plugins_dir_problem": problems,
        "plugins": [_plugin(plugins[name]) for name in sorted(plugins)],
    }
    for plugin in merged["plugins"]:
        _note_absence(plugin, found)
    return merged | own


def _note_absence(plugin: Json, found: list[tuple[int, Mapping[str, Any]]]) -> None:
    """Give a plugin the reason why a worker does not run it: the worker started while the directory was unusable."""
    for number, status in found:
        problem = status.get("pluginsDirProblem", "")
        if (
            problem
            and plugin["state"] == "Active"
            and plugin["name"] not in {each["name"] for each in status["plugins"]}
        ):
            reason = f"worker {number} does not run it: {problem}"
            plugin |= {"state": "Discovered", "reason": reason, "placedReason": reason}


def _plugin(reports: list[tuple[int, Json]]) -> Json:
    worst = min((each for _, each in reports), key=lambda each: _rank(each["state"]))
    alike = [(number, each) for number, each in reports if each["state"] == worst["state"]]
    worst = next((each for _, each in alike if each["reason"]), worst)
    every = [each for _, each in reports]
    controllers: dict[str, list[Json]] = {}
    for each in every:
        for controller in each["controllerStatus"]:
            controllers.setdefault(controller["name"], []).append(controller)
    merged = {name: _controller(each) for name, each in controllers.items()}
    return {
        **worst,
        **_reasons(alike, len(reports)),
        "revision": _newest(every, worst.get("revision", "")),
        "controllers": list(merged),
        "controllerStatus": list(merged.values()),
        "missingPermissions": max((each["missingPermissions"] for each in every), key=len),
        "leftovers": _union(each["leftovers"] for each in every),
        "reloads": max(each["reloads"] for each in every),
        "failing": next((each["failing"] for each in every if each["failing"]), ""),
        "failures": "; ".join(filter(None, map(_failures_in_words, merged.values()))),
        "tasks": sum(each["tasks"] for each in every),
        "misbehaving": _misbehaving(reports),
    }


def _reasons(reports: list[tuple[int, Json]], workers: int) -> Json:
    """Return what workers say about the state of a plugin: each reason once, with those that do not all share it."""
    found: dict[str, list[tuple[int, Json]]] = {}
    for number, each in reports:
        if each["reason"]:
            found.setdefault(each["reason"], []).append((number, each))
    texts, placed = [], []
    for reason, saying in found.items():
        best = next((each for _, each in saying if each.get("line")), saying[0][1])
        is_common = len(saying) == workers or _OF_WORKERS.match(reason)
        by = "" if is_common else f"{_named([number for number, _ in saying])}: "
        texts.append(by + reason)
        placed.append(by + best["placedReason"])
    return {"reason": "; ".join(texts), "placedReason": "; ".join(placed)}


def _newest(plugins: Iterable[Json], label: str) -> str:
    """Return the highest revision of a content: a worker that has started again begins with 1."""
    _, _, digest = label.partition("-")
    same = [each.get("revision", "") for each in plugins]
    return max((each for each in same if each.partition("-")[2] == digest), key=_number, default=label)


def _number(label: str) -> int:
    number = label.partition("-")[0]
    return int(number) if number.isdecimal() else 0


def _misbehaving(reports: list[tuple[int, Json]]) -> list[Json]:
    """Return each misbehavior once; one that not all workers share names its workers."""
    found: dict[tuple[str, str], list[tuple[int, Json]]] = {}
    for number, each in reports:
        for charge in each["misbehaving"]:
            found.setdefault((charge["how"], charge["detail"]), []).append((number, charge))
    return [
        charges[0][1]
        if len(charges) == len(reports)
        else {**charges[0][1], "detail": f"{detail} in {_named([number for number, _ in charges])}"}
        for (_, detail), charges in found.items()
    ]


def _named(numbers: Sequence[int]) -> str:
    return f"worker{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _controller(reports: list[Json]) -> Json:
    """Return one controller; a worker that does not run it only has its caches."""
    running = [each for each in reports if each["started"]] or reports[:1]
    return {
        **running[0],
        "revision": _newest(running, running[0]["revision"]),
        **{key: sum(each[key] for each in running) for key in _SUMMED},
        "synced": all(each["synced"] for each in running),
        "waitingNamespaces": _union(each["waitingNamespaces"] for each in running),
        "schedules": next(filter(_is_scheduled, running), running[0])["schedules"],
        "inFlight": [request for each in running for request in each["inFlight"]],
        "reconciles": _sums(each["reconciles"] for each in running),
        "failing": {key: error for each in running for key, error in each["failing"].items()},
        "failures": _failures([each["failures"] for each in running]),
        "informers": _informers(running),
    }


def _failures(reports: list[Json]) -> Json:
    last = max(
        (each["last"] for each in reports if each["last"] is not None), key=lambda each: each["at"], default=None
    )
    return {
        "objects": sum(each["objects"] for each in reports),
        "names": _union(each["names"] for each in reports)[:_SHOWN_NAMES],
        "handlers": sum(each["handlers"] for each in reports),
        "keepsFailing": any(each["keepsFailing"] for each in reports),
        "last": last,
    }


def _failures_in_words(controller: Json) -> str:
    found = controller["failures"]
    if (last := found["last"]) is None:
        return ""
    return failure_summary(
        controller["name"],
        objects=found["objects"],
        names=found["names"],
        handlers=found["handlers"],
        last=(last["what"], last["error"], next(iter(last["places"]), "")),
    )


def _informers(running: list[Json]) -> list[Json]:
    kinds: dict[str, list[Json]] = {}
    for controller in running:
        for each in controller["informers"]:
            kinds.setdefault(each["kind"], []).append(each)
    return [
        {
            **next((each for each in found if not each["synced"]), found[0]),
            "objects": sum(each["objects"] for each in found),
        }
        for found in kinds.values()
    ]


def _is_scheduled(controller: Json) -> bool:
    return any(each["due"] for each in controller["schedules"])


def _rank(state: str) -> int:
    return _STATES.index(state) if state in _STATES else len(_STATES)


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _union(lists: Iterable[Iterable[Any]]) -> list[Any]:
    return list(dict.fromkeys(each for found in lists for each in found))


def _sums(counts: Iterable[Mapping[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for each in counts:
        for key, value in each.items():
            total[key] = total.get(key, 0) + value
    return total
