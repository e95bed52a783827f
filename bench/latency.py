"""From when events were sent and when handlers ran to percentiles."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence


def percentiles(sent: Sequence[float], objects: int, runs: Sequence[tuple[int, float]]) -> dict[str, float]:
    """Return the latency from an event to the first run for its object after it, in seconds.

    Event number n changed object n modulo ``objects``. Several events of one object may share a run.
    """
    times: dict[int, list[float]] = defaultdict(list)
    for index, at in runs:
        times[index].append(at)
    found = []
    for number, moment in enumerate(sent):
        ran = times[number % objects]
        place = bisect_left(ran, moment)
        if place < len(ran):
            found.append(ran[place] - moment)
    found.sort()
    if not found:
        return {}
    result = {name: found[min(len(found) - 1, int(len(found) * part))] for name, part in _PARTS.items()}
    return result | {"latency_max": found[-1], "unanswered": len(sent) - len(found)}


_PARTS = {"latency_p50": 0.5, "latency_p99": 0.99, "latency_p999": 0.999}
