"""What a request is aimed at, read from its path.

The rules are those of the real server's RequestInfo: ``/api/v1`` or ``/apis/<group>/<version>``, then an optional
``namespaces/<name>`` before the resource, then name and subresource.
"""

from dataclasses import dataclass
from urllib.parse import unquote

_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A resource path, taken apart.

    Attributes:
        namespace: "" where the path names none: cluster-scoped, or all namespaces.
        plural: "" for the discovery document of a group version.
        name: "" for the collection.
        rest: segments beyond the subresource.
        watching: the path is one of the old ``/watch/`` form.
    """

    group: str
    version: str
    namespace: str = ""
    plural: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()
    watching: bool = False


def parse_target(path: str) -> RequestInfo | None:
    """Return what a raw (still percent-encoded) path aims at, None if it is no path below a group version."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if len(parts) >= 2 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) >= 3 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace, watching = "", rest[:1] == ["watch"]
    if watching:
        rest = rest[1:]
    if len(rest) >= 2 and rest[0] == "namespaces":
        if len(rest) >= 3 and rest[2] not in _NAMESPACE_SUBRESOURCES:
            namespace, rest = rest[1], rest[2:]
        elif not group:
            # A namespace lives in itself: its own path is also a path into it.
            namespace = rest[1]
    plural, name, subresource = (*rest[:3], "", "", "")[:3]
    return RequestInfo(group, version, namespace, plural, name, subresource, tuple(rest[3:]), watching)
