"""``PermissionCheck``: which rules of a plugin the API server does not grant to the operator."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from plugin_operator import logs
from plugin_operator.errors import NoMatchError, PluginOperatorError
from plugin_operator.hosting.permissions.access_reviews import AccessReviews, AccessUnknownError
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.declared import needs_of_declarations
from plugin_operator.hosting.permissions.missing_rules import MissingRules, missing_rules
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.permissions.plugin_needs import PluginFacts, own_needs
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.rules import covers, parts_of
from plugin_operator.hosting.permissions.source.contained_analysis import Analysis as SourceAnalysis
from plugin_operator.hosting.permissions.source.contained_analysis import analyse
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.rendering import describe
from plugin_operator.threads import in_thread

_MAX_ANALYSES = 1000

_log = logs.get_logger(__name__)


class _Analysis(msgspec.Struct, frozen=True):
    """What the files of a plugin need.

    Attributes:
        digest: digest of its files.
        needs: its needs, without those about kinds that are not served.
        foreign: its kinds that are not built in.
        known: resources of those that are served.
    """

    digest: str
    needs: tuple[Need, ...]
    foreign: tuple[GroupVersionKind, ...]
    known: tuple[Resource, ...]


class PermissionCheck:
    """Asks the API server which rules a plugin lacks.

    Args:
        reviews: asks what the operator may do.
        resource_for: returns the resource of a kind by discovery.
        namespaces: namespaces that the operator watches; empty for all.
        analyse: returns what the source of a plugin needs, as ``contained_analysis.analyse``, which is the default.
    """

    def __init__(
        self,
        reviews: AccessReviews,
        resource_for: Callable[[GroupVersionKind], Awaitable[Resource]],
        namespaces: tuple[str, ...] = (),
        analyse: Callable[..., SourceAnalysis] = analyse,
    ) -> None:
        self._reviews = reviews
        self._resource_for = resource_for
        self._namespaces = namespaces
        self._analyse = analyse
        self._reason = ""
        self._analyses: dict[str, _Analysis] = {}

    async def missing(self, facts: PluginFacts, denied: Collection[Call]) -> tuple[MissingRules, ...] | None:
        """Return the rules that a plugin lacks; None if the API server does not tell.

        Rules of kinds that are not served are left out: the names of their resources are not known.

        Args:
            facts: what the plugin needs.
            denied: calls that the API server has denied, which are asked for as well.
        """
        try:
            needs = await self._needs_of(facts)
            wanted = [*(_without_chance_name(each, needs) for each in denied), *calls_of(needs, self._namespaces)]
            lacking = await self._reviews.denied(wanted)
        except (AccessUnknownError, PluginOperatorError) as error:
            self._note(str(error))
            return None
        self._note("")
        return missing_rules(lacking)

    async def _needs_of(self, facts: PluginFacts) -> tuple[Need, ...]:
        """Return the needs about kinds that are served."""
        analysis = self._analyses.get(facts.plugin)
        if analysis is None or analysis.digest != facts.digest:
            analysis = await self._analysed(facts, ())
        known = tuple([found for kind in analysis.foreign if (found := await self._found(kind)) is not None])
        if known != analysis.known:
            analysis = await self._analysed(facts, known)
        return analysis.needs

    async def _analysed(self, facts: PluginFacts, known: tuple[Resource, ...]) -> _Analysis:
        analysis = self._analyses[facts.plugin] = await in_thread(self._needs_with, facts, known)
        if len(self._analyses) > _MAX_ANALYSES:
            del self._analyses[next(iter(self._analyses))]
        return analysis

    def _needs_with(self, facts: PluginFacts, known: tuple[Resource, ...]) -> _Analysis:
        """Return what a plugin needs. Blocks; a source that cannot be analysed leaves what the declarations say."""
        table = ResourceTable(known)
        declared = list(needs_of_declarations(facts.plugin, facts.controllers, table, ""))
        source: tuple[Need, ...] = ()
        guesses = table.guesses()
        try:
            analysis = self._analyse(facts.plugin, facts.files, facts.root, facts.controllers, known)
        except OSError as error:
            _log.warning("Plugin source not analysed for permissions", plugin=facts.plugin, reason=describe(error))
        else:
            source, guesses = analysis.found.needs, sorted({*guesses, *analysis.guesses})
        guessed = {(kind.group, table.resource_of(kind).plural) for kind in guesses}
        needs = [each for each in own_needs([*declared, *source]) if not _is_about(each, guessed)]
        return _Analysis(facts.digest, tuple(needs), (*(each.gvk for each in known), *guesses), known)

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


def _without_chance_name(call: Call, needs: Iterable[Need]) -> Call:
    """Return a call without the name of its object, unless the plugin needs just that name."""
    is_fixed = any(call.name in need.rule.resource_names and covers(need.rule, call) for need in needs)
    return call if is_fixed else replace(call, name="")


def _is_about(need: Need, resources: Collection[tuple[str, str]]) -> bool:
    return (need.rule.api_groups[0], need.rule.resources[0].partition("/")[0]) in resources


def calls_of(needs: Iterable[Need], namespaces: tuple[str, ...]) -> Iterator[Call]:
    """Yield the calls that needs stand for.

    Args:
        needs: the needs.
        namespaces: namespaces that the operator watches; empty for all.
    """
    for need in needs:
        within = need.namespaces if need.namespaces is not None else namespaces
        within = () if need.is_of_all else within
        for part in parts_of(need.rule):
            resource, _, subresource = part.resources[0].partition("/")
            for namespace in within or ("",):
                yield Call(
                    part.verbs[0], part.api_groups[0], resource, subresource, namespace, "".join(part.resource_names)
                )
