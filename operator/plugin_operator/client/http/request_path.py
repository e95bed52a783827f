"""Reading the path of a request: which resource and which object it is about."""

from plugin_operator.kube import GroupVersionKind


def object_of(path: str) -> dict[str, str]:
    """Return resource, namespace and name of what a path addresses, as far as it does."""
    found, rest = _split(path)
    if rest:
        found["resource"] = rest[0]
    if len(rest) > 1:
        found["name"] = rest[1]
    return found


def is_whole_object(path: str) -> bool:
    """Tell whether a path addresses a collection or an object, and no subresource."""
    return len(_split(path)[1]) <= 2


def kind_at(path: str) -> GroupVersionKind:
    """Return group and version of a path, as a kind without a name."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        return GroupVersionKind("", parts[1], "")
    return GroupVersionKind(parts[1], parts[2], "")


def _split(path: str) -> tuple[dict[str, str], list[str]]:
    """Return the namespace, and resource, name and subresource."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    # What follows "namespaces/x" is a subresource of a Namespace in these two cases only.
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in {"status", "finalize"}:
        return {"namespace": rest[1]}, rest[2:]
    return {}, rest
