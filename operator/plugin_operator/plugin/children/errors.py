"""Errors of ``ctx.sync_children``."""

from plugin_operator.errors import PluginOperatorError


class ChildExistsError(PluginOperatorError):
    """Raised by ``ctx.sync_children``: an object of the child's name exists, and another party made it.

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
