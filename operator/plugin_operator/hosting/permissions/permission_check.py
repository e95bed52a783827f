"""``PermissionCheck``: which rules of a plugin the API server does not grant to the operator."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from plugin_operator import logs
from plugin_operator.errors import NoMatchError, PluginOperatorError
from plugin_operator.hosting.permissions.access_reviews import AccessReviews, AccessUnknownError
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.missing_rules import MissingRules, missing_rules
from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.rules import parts_of
from plugin_operator.kube import GroupVersionKind, Resource

_log = logs.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """What the permissions of a plugin depend on.

    Attributes:
        plugin: name of the plugin.
        digest: digest of its files.
        controllers: its declarations.
        files: content of its files, by POSIX path below ``root``.
        root: path of the plugins directory as shown to users.
    """

    plugin: str
    digest: str
    controllers: tuple[DeclaredController, ...] = field(compare=False)
    files: Mapping[str, bytes] = field(compare=False, repr=False)
    root: str = field(compare=False)


class PermissionCheck:
    """Asks the API server which rules a plugin lacks.

    Args:
        reviews: asks what the operator may do.
        resource_for: returns the resource of a kind by discovery.
        namespaces: namespaces that the operator watches; empty for all.
    """

    def __init__(
        self,
        reviews: AccessReviews,
        resource_for: Callable[[GroupVersionKind], Awaitable[Resource]],
        namespaces: tuple[str, ...] = (),
    ) -> None:
        self._reviews = reviews
        self._resource_for = resource_for
        self._namespaces = namespaces
        self._reason = ""

    async def missing(self, facts: PluginFacts, denied: Collection[Call]) -> tuple[MissingRules, ...] | None:
        """Return the rules that a plugin lacks; None if the API server does not tell.

        Rules of kinds that are not served are left out: the names of their resources are not known.

        Args:
            facts: what the plugin needs.
            denied: calls that the API server has denied, which are asked for as well.
        """
        try:
            table = await self._table(facts)
            wanted = [*denied, *calls_of(self._needs(facts, table), self._namespaces)]
            lacking = await self._reviews.denied(wanted)
        except (AccessUnknownError, PluginOperatorError) as error:
            self._note(str(error))
            return None
        self._note("")
        return missing_rules(lacking)

    def _needs(self, facts: PluginFacts, table: ResourceTable) -> list[Need]:
        needs = list(needs_of_declarations(facts.plugin, facts.controllers, table, ""))
        guessed = {(kind.group, table.resource_of(kind).plural) for kind in table.guesses()}
        return [
            need
            for need in needs
            if need.origin is not Origin.OPERATOR
            and (need.rule.api_groups[0], need.rule.resources[0].partition("/")[0]) not in guessed
        ]

    async def _table(self, facts: PluginFacts) -> ResourceTable:
        """Return the resources of all kinds of a plugin that are served."""
        table = ResourceTable()
        self._needs(facts, table)  # the table notes the kinds that are not built in
        known = [found for kind in table.guesses() if (found := await self._found(kind)) is not None]
        return ResourceTable(known)

    async def _found(self, kind: GroupVersionKind) -> Resource | None:
        try:
            return await self._resource_for(kind)
        except NoMatchError:
            return None

    def _note(self, reason: str) -> None:
        """Log the first review that fails, and the next that works."""
        if reason and not self._reason:
            _log.warning("Permissions of plugins cannot be reviewed", reason=reason)
        elif self._reason and not reason:
            _log.info("Permissions of plugins can be reviewed again")
        self._reason = reason


def calls_of(needs: Iterable[Need], namespaces: tuple[str, ...]) -> Iterator[Call]:
    """Yield the calls that needs stand for.

    Args:
        needs: the needs.
        namespaces: namespaces that the operator watches; empty for all.
    """
    for need in needs:
        within = need.namespaces if need.namespaces is not None else namespaces
        for part in parts_of(need.rule):
            resource, _, subresource = part.resources[0].partition("/")
            for namespace in within or ("",):
                yield Call(
                    part.verbs[0], part.api_groups[0], resource, subresource, namespace, "".join(part.resource_names)
                )
