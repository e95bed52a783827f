"""Fewer ranges for a request: a URL has a longest length, and each range takes a hundred characters of it."""

from plugin_operator.kube.shards import HashRange, ShardRanges

#: Most ranges in a request. HTTP servers and proxies refuse request lines of more than 8,000 characters.
MOST_RANGES = 32


def covering(ranges: ShardRanges, most: int = MOST_RANGES) -> ShardRanges:
    """Return at most so many ranges that contain ``ranges``; they close the smallest gaps.

    The filter of the cache drops what a server then sends too much.
    """
    found = list(ranges)
    if len(found) <= most:
        return ranges
    gaps = sorted(range(1, len(found)), key=lambda place: found[place].start - found[place - 1].end)
    closed = set(gaps[: len(found) - most])
    joined = [found[0]]
    for place, each in enumerate(found[1:], 1):
        if place in closed:
            joined[-1] = HashRange(joined[-1].start, each.end)
        else:
            joined.append(each)
    return ShardRanges(joined)
