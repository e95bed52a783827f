"""The target of a request line: its four forms, see RFC 9112, section 3.2."""

import re

_ABSOLUTE = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[^][/?#@:]+)(?::[0-9]*)?(?=[/?]|$)", re.IGNORECASE)


def path_and_query(method: str, target: str) -> tuple[str, str] | None:
    """Return path and query, both encoded, or None if the target is invalid.

    A client that takes this server for a proxy sends the URL; its host is not looked at.
    """
    if target == "*":
        return ("*", "") if method == "OPTIONS" else None
    if not target.startswith("/"):
        url = _ABSOLUTE.match(target)
        if url is None:
            return None
        target = target[url.end() :]
    if "#" in target:
        return None
    path, _, query = target.partition("?")
    return path or "/", query
