"""The resource that a request path names.

The rules follow kube-apiserver's RequestInfo: ``/api/v1`` or ``/apis/<group>/<version>``, an optional
``namespaces/<name>``, the resource, then name and subresource.
"""

from functools import lru_cache
from urllib.parse import unquote

import msgspec

_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


class RequestInfo(msgspec.Struct, frozen=True):
    """The parts of a resource path.

    Attributes:
        namespace: "" if the path has none: cluster-scoped, or all namespaces.
        plural: "" for the discovery document of a group version.
        name: "" for the collection.
        rest: segments after the subresource.
        watching: whether the path has the deprecated ``/watch/`` prefix.
    """

    group: str
    version: str
    namespace: str = ""
    plural: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()
    watching: bool = False


@lru_cache(maxsize=256)
def parse_target(path: str) -> RequestInfo | None:
    """Parse a raw (percent-encoded) path. Return None if it is not below a group version."""
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
            # A path to a namespace is also a path inside that namespace.
            namespace = rest[1]
    plural, name, subresource = (*rest[:3], "", "", "")[:3]
    return RequestInfo(group, version, namespace, plural, name, subresource, tuple(rest[3:]), watching)
