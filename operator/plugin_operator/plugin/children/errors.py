"""Errors of ``ctx.sync_children``."""

from collections.abc import Sequence

from plugin_operator.errors import ExternalError, PluginOperatorError


class ChildExistsError(PluginOperatorError):
    """Raised by ``ctx.sync_children``: an object of the child's name exists, without the marks of this owner.

    Nothing of it was changed. Choose another name, or pass ``Child(obj, adopt=True)`` to take it over. The Event
    ``ChildExists`` of the owner says the same.

    Args:
        child: kind, namespace and name.
        party: who it belongs to, as far as its metadata shows.
        namespace: its namespace, empty for a cluster-scoped object; also an attribute.
    """

    def __init__(self, child: str, party: str, namespace: str = "") -> None:
        self.namespace = namespace
        super().__init__(
            f"{child} exists already and {party}: delete it, choose another name for the child, or take it over with "
            "Child(obj, adopt=True)"
        )


class CacheNotReadyError(ExternalError):
    """The children of a deleted owner are not all known yet, so its finalizer stays on.

    Args:
        kinds: kinds in ``owns`` whose caches have never been complete.
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(
            f"the cache of {', '.join(kinds)} in owns= is not complete, so children that no owner reference reaches "
            "may be unknown: check that the API server serves the kind and that the operator may list it; retried"
        )
