"""What a scan adds to the files of a plugin, for sources that are made by hand."""

from collections.abc import Mapping

from plugin_operator.hosting.inspection.parser import inspect_source


def compiled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the code of every Python file, in the form of ``PluginSource.code``."""
    sources = {path: content for path, content in files.items() if path.endswith(".py")}
    return {path: inspect_source(content, path.count("/"), -1)["code"] for path, content in sources.items()}
