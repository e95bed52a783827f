"""The custom kinds of checked plugins: their CustomResourceDefinitions, and what is wrong with them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from plugin_operator.cli.checking.definition_refusals import refusals
from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.errors import PluginRejected

if TYPE_CHECKING:
    from plugin_operator.kube.definitions import VersionRecord


def records_of(plugins: Iterable[CheckedPlugin]) -> "tuple[list[VersionRecord], list[Mistake]]":
    """Return the versions of kinds that plugins define, and why those of a plugin cannot be read.

    The process of a trial import has run code of the plugin, which may have written anything.
    """
    # Imported on demand: most plugins define no kind.
    import msgspec

    from plugin_operator.kube.definitions import VersionRecord

    found: list[VersionRecord] = []
    mistakes: list[Mistake] = []
    for plugin in plugins:
        try:
            found += msgspec.convert(list(plugin.definitions), list[VersionRecord])
        except msgspec.ValidationError as error:
            mistakes.append(Mistake(plugin.path, f"its definitions of kinds cannot be read: {error}"))
    return found, mistakes


def definitions_of(plugins: Iterable[CheckedPlugin]) -> tuple[list[dict[str, Any]], list[Mistake]]:
    """Return the CustomResourceDefinitions that plugins define, and what is wrong with their kinds.

    Two plugins may define one differently, or the API server may refuse one.
    """
    if not (plugins := [each for each in plugins if each.definitions]):
        return [], []
    from plugin_operator.kube.definitions import crds_of

    records, mistakes = records_of(plugins)
    found, rejections = crds_of(records)
    mistakes += [_mistake(each) for each in rejections]
    for crd in found:
        group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
        mistakes += refusals(crd, [each for each in records if (each.group, each.kind) == (group, kind)])
    return found, mistakes


def _mistake(rejection: PluginRejected) -> Mistake:
    return Mistake(rejection.path, rejection.reason, rejection.line)
