"""``RevisionPermissions``: what a revision was denied, and what it needs as a whole."""

from collections.abc import Collection, Iterator, Mapping

from plugin_operator.hosting.loading.revision import PluginRevision
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts
from plugin_operator.hosting.permissions.request_calls import call_in
from plugin_operator.plugin import BoundController, MissingRights


class RevisionPermissions:
    """The permissions of one revision.

    Args:
        revision: the revision.
        bound: its bound controllers by name.
    """

    def __init__(self, revision: PluginRevision, bound: Mapping[str, BoundController]) -> None:
        self._bound = bound
        self.facts = PluginFacts(
            revision.plugin,
            revision.digest,
            tuple(DeclaredController.of(each) for each in revision.declarations),
            revision.modules.files,
            revision.modules.root,
        )

    @property
    def lacking(self) -> str:
        """The calls that its controllers were denied, in the words of the API server; empty if none."""
        denied = [f"{controller}: {why}" for controller, rights in self._rights() for why in rights.reasons()]
        return f"permissions are missing: {'; '.join(denied)}" if denied else ""

    @property
    def denied(self) -> frozenset[Call]:
        """The calls that its controllers were denied."""
        denials = (why for _, rights in self._rights() for why in rights.denials())
        return frozenset(call for call in map(call_in, denials) if call is not None)

    def granted(self, calls: Collection[Call]) -> None:
        """Forget denials of calls that the API server allows by now."""
        for _, rights in self._rights():
            rights.forget(why for why in rights.denials() if call_in(why) in calls)

    def _rights(self) -> Iterator[tuple[str, MissingRights]]:
        for bound in self._bound.values():
            rights = bound.scope.rights
            if rights:
                yield bound.scope.controller, rights
