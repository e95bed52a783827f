"""The methods of ``ctx.client`` and ``ctx`` that send requests, or that need a permission by what they write."""

import ast
from collections.abc import Mapping

import msgspec

from plugin_operator.hosting.permissions.source.facts.values import ANYTHING, Value, joined


class Method(msgspec.Struct, frozen=True):
    """How a method of ``ctx.client`` or ``ctx`` maps to RBAC.

    Attributes:
        verbs: verbs of the request.
        subresource: its subresource; a keyword argument ``subresource`` comes before it.
        name_at: position of the name after a kind; None if authorization does not see a name.
        namespace_at: position of the namespace after a kind.
        is_of_all: whether a call without a namespace is about all namespaces.
        also: method whose permission the call needs too; empty for none.
    """

    verbs: tuple[str, ...]
    subresource: str = ""
    name_at: int | None = 1
    namespace_at: int | None = None
    is_of_all: bool = False
    also: str = ""


#: Server-side apply is a patch; the server also asks for "create", with the name, when the object does not exist.
METHODS: Mapping[str, Method] = {
    "get": Method(("get",), namespace_at=2),
    "list": Method(("list",), name_at=None, namespace_at=1, is_of_all=True),
    "create": Method(("create",), name_at=None),
    "update": Method(("update",)),
    "update_status": Method(("update",), "status"),
    "patch": Method(("patch",), namespace_at=3),
    "patch_status": Method(("patch",), "status", namespace_at=3),
    "scale": Method(("patch",), "scale", namespace_at=3),
    "apply": Method(("patch", "create")),
    "delete": Method(("delete",), namespace_at=2),
    "delete_collection": Method(("deletecollection",), name_at=None, namespace_at=1),
    "evict": Method(("create",), "eviction", name_at=0, namespace_at=1),
    "ensure_finalizer": Method(("patch",)),
    "remove_finalizer": Method(("patch",)),
    "set_owner": Method(("update",), "finalizers"),
    "status": Method(("patch",), "status", also="get"),
    "sync_children": Method(("get", "patch", "create", "delete"), name_at=None),
}

#: Those of ``ctx``.
CONTEXT_WRITES = frozenset({"ensure_finalizer", "remove_finalizer", "set_owner", "status", "sync_children"})


class Access(msgspec.Struct, frozen=True):
    """A call to the API server in the source.

    Attributes:
        node: the call.
        path: file of the call, for messages.
        method: method of ``ctx.client`` or of ``ctx``; empty if it is known at run time only.
        controller: index of the controller; None for any.
        arguments: values of its arguments, by position.
        keywords: values of its keyword arguments.
        is_open: whether it has arguments by ``*`` or ``**``.
    """

    node: ast.expr
    path: str
    method: str
    controller: int | None
    arguments: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False

    def argument(self, position: int, *names: str) -> Value:
        """Return the value of an argument by position or name; nothing if the call does not have it."""
        if position < len(self.arguments):
            return self.arguments[position]
        found = joined(each for name, each in self.keywords if name in names)
        return ANYTHING if not found and self.is_open else found
