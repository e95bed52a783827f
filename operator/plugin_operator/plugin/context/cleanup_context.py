"""``CleanupContext``, the context of a cleanup."""

from plugin_operator.client import Client
from plugin_operator.plugin.context.context import Context
from plugin_operator.plugin.listers.lister import T


class CleanupContext(Context[T]):
    """A ``Context`` whose client takes a deletion of what does not exist as a success."""

    __slots__ = ()

    @property
    def client(self) -> Client:
        """See ``Context.client``; ``delete`` has ``missing_ok=True``."""
        return self._scope.cleanup_client_for(self.request)
