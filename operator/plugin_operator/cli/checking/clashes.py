"""Mistakes that concern several plugins of a directory: one name in two of them, requirements that contradict."""

from collections.abc import Iterable, Iterator

from plugin_operator.cli.checking.report import CheckedPlugin, Mistake
from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.requirements.needs import needs_of
from plugin_operator.hosting.requirements.union import conflicts_of
from plugin_operator.hosting.scan.snapshot import Snapshot


def clashes_between(plugins: Iterable[CheckedPlugin]) -> Iterator[Mistake]:
    """Yield a mistake for each name of a controller or metric that an earlier plugin of the directory uses."""
    plugins = list(plugins)
    yield from _controllers(plugins)
    yield from _metrics(plugins)


def _controllers(plugins: Iterable[CheckedPlugin]) -> Iterator[Mistake]:
    first: dict[tuple[str, str], str] = {}
    for each in (declared for plugin in plugins for declared in plugin.declarations):
        where = f"{each.get('path')}:{each.get('line')}"
        for field in ("name", "id"):
            value = str(each.get(field))
            other = first.setdefault((field, value), where)
            if other != where:
                taken = f"{value!r} is the {field} of the controller in {other}"
                yield Mistake(
                    str(each.get("path")), f"{field}: {taken}: choose another with {field}=", each.get("line")
                )
                break  # without a declared id, the id is the name
        for value in each.get("renamedFrom") or ():
            other = first.setdefault(("id", value), where)
            if other != where:
                taken = f"{value!r} is the id of the controller in {other}"
                yield Mistake(
                    str(each.get("path")),
                    f"renamed_from: {taken}: delete it there, or leave it out of renamed_from",
                    each.get("line"),
                )


def _metrics(plugins: Iterable[CheckedPlugin]) -> Iterator[Mistake]:
    owners: dict[str, CheckedPlugin] = {}
    for plugin in plugins:
        taken = [name for name in plugin.metrics if owners.setdefault(name, plugin) is not plugin]
        if taken:
            # The other names are those of its series.
            reason = f"its metric {taken[0]!r} has the name of one in {owners[taken[0]].path}: choose another"
            yield Mistake(plugin.path, reason)


def conflicts_between(names: Iterable[str], snapshot: Snapshot) -> Iterator[Mistake]:
    """Yield the contradictions between the requirements of plugins in one directory."""
    needs = []
    for name in names:
        source = snapshot.sources.get(name)
        try:
            needs += needs_of(source.files, source.root) if source is not None else []
        except PluginRejected:
            continue  # the trial names it
    for each in conflicts_of(needs):
        yield Mistake(each.path, each.text, each.line)
