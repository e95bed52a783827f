"""Parse the path of a request: resource, namespace and name."""

from plugin_operator.kube import GroupVersionKind


def object_of(path: str) -> dict[str, str]:
    """Return resource, namespace and name in a path, as far as it has them."""
    found, rest = _split(path)
    if rest:
        found["resource"] = rest[0]
    if len(rest) > 1:
        found["name"] = rest[1]
    return found


def subresource_at(path: str) -> str:
    """Return the subresource that a path addresses; empty for a collection or an object."""
    return "/".join(_split(path)[1][2:])


def is_whole_object(path: str) -> bool:
    """Report whether a path addresses a collection or an object, not a subresource."""
    return len(_split(path)[1]) <= 2


def kind_at(path: str) -> GroupVersionKind:
    """Return group and version of a path, as a GroupVersionKind without a kind."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        return GroupVersionKind("", parts[1], "")
    return GroupVersionKind(parts[1], parts[2], "")


def _split(path: str) -> tuple[dict[str, str], list[str]]:
    """Return the namespace, and resource, name and subresource."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    # Only these two names after "namespaces/x" are subresources of a Namespace.
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in {"status", "finalize"}:
        return {"namespace": rest[1]}, rest[2:]
    return {}, rest
