"""What the operator needs to install the CustomResourceDefinitions of plugins' classes."""

from collections.abc import Iterable, Iterator

from plugin_operator.cli.checking.definitions import records_of
from plugin_operator.cli.checking.report import CheckedPlugin
from plugin_operator.hosting.permissions.needs import Need, Origin
from plugin_operator.plugin import Permission


def needs_of_definitions(plugins: Iterable[CheckedPlugin]) -> Iterator[Need]:
    """Yield what ``--apply-crds`` needs for the kinds that plugins define.

    The operator writes a definition by server-side apply. There the API server authorizes ``create`` with the name of
    the object, so that a rule can be bound to names.
    """
    for plugin in plugins:
        for each in records_of([plugin])[0] if plugin.definitions else ():
            where, kind = f"{each.path}:{each.line}", f"{each.group}/{each.name}/{each.kind}"
            name = f"{each.plural}.{each.group}"
            write = Permission(
                ("apiextensions.k8s.io",), ("customresourcedefinitions",), ("get", "create", "patch"), (name,)
            )
            yield Need(plugin.name, write, Origin.OPERATOR, where, f"defines {kind}", ())
            namespaced = each.scope == "Namespaced"
            check = Permission((each.group,), (each.plural,), ("list",))
            reason = f"checks objects of {kind} before its definition changes"
            yield Need(plugin.name, check, Origin.OPERATOR, where, reason, None if namespaced else (), namespaced)
