"""Check of the indexes that a plugin reads against those that it declares."""

from collections.abc import Iterable, Iterator

from plugin_operator.errors import PluginRejected, joined
from plugin_operator.hosting.inspection.imports import index_reads_of
from plugin_operator.hosting.scan.snapshot import PluginSource
from plugin_operator.plugin import ControllerDeclaration


def refuse_unknown_indexes(source: PluginSource, declarations: Iterable[ControllerDeclaration]) -> None:
    """Reject a plugin that reads an index which none of its controllers declares.

    It finds reads with a literal name of ``.lister`` or ``.lister_for(…)`` in the plugin's own files. Other reads raise
    LookupError when they run.

    Raises:
        PluginRejected: names file, line and the declared indexes.
    """
    if rejections := list(_unknown_indexes(source, declarations)):
        raise joined(rejections)


def _unknown_indexes(source: PluginSource, declarations: Iterable[ControllerDeclaration]) -> Iterator[PluginRejected]:
    known = {name for each in declarations for cache in each.caches for name, _ in cache.indexes}
    for path, made in sorted(source.code.items()):
        if path != f"{source.name}.py" and not path.startswith(f"{source.name}/"):
            continue  # a helper may serve several plugins
        for line, name in index_reads_of(made):
            if name not in known:
                found = ", ".join(map(repr, sorted(known))) or "no index"
                reason = (
                    f"reads the index {name!r}, and the plugin declares {found}: add indexes={{{name!r}: function}}"
                )
                yield PluginRejected(reason, path=f"{source.root}/{path}", line=line)
