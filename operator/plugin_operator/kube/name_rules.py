"""Which names objects and namespaces may have: the rules of apimachinery's ``util/validation``."""

import re

from plugin_operator.kube.gvk import GroupVersionKind

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_MAX_SUBDOMAIN = 253
#: Their names may be any segment of a path, such as "system:node" or "2001:db8::1".
_FREE_GROUPS = frozenset({"rbac.authorization.k8s.io"})
_FREE_KINDS = frozenset({"ClusterTrustBundle", "IPAddress"})
#: Its servers are no CustomResourceDefinitions, and name objects as they like.
_FREE_SUFFIX = "metrics.k8s.io"


def is_label(name: str) -> bool:
    """Report whether a name is an RFC 1123 label, the form of the names of namespaces."""
    return _LABEL.fullmatch(name) is not None


def is_subdomain(name: str) -> bool:
    """Report whether a name is an RFC 1123 subdomain, the form of the names of most objects."""
    return len(name) <= _MAX_SUBDOMAIN and _SUBDOMAIN.fullmatch(name) is not None


def is_path_segment(name: str) -> bool:
    """Report whether a name may be a segment of a path, the form of the names of roles and bindings."""
    return name not in {"", ".", ".."} and not set(name) & {"/", "%"}


def name_problem(kind: GroupVersionKind, name: str) -> str:
    """Return why no object of a kind can have a name, with the way out; an empty text if one can."""
    is_free = kind.group in _FREE_GROUPS or kind.kind in _FREE_KINDS or kind.group.endswith(_FREE_SUFFIX)
    if is_free and not is_path_segment(name):
        return f"no {kind.kind} is named {name!r}: a name has no '/' and no '%'"
    if is_free or is_subdomain(name):
        return ""
    return f"no {kind.kind} is named {name!r}: use lower-case letters, digits, '-' and '.', at most {_MAX_SUBDOMAIN}"


def namespace_problem(name: str) -> str:
    """Return why there is no namespace with a name, with the way out; an empty text if there may be one."""
    return (
        "" if is_label(name) else f"no namespace is named {name!r}: use lower-case letters, digits and '-', at most 63"
    )
