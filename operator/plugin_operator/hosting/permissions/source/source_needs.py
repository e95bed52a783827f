"""``SourceNeeds``: the result of an analysis of source, as one process sends it to another."""

from collections.abc import Iterable

import msgspec

from plugin_operator.hosting.permissions.needs import Need, Unclear

#: The end of each message about source that the analysis does not follow.
WAY_OUT = "declare permissions=[permission(...)] for what it calls"


class SourceNeeds(msgspec.Struct, frozen=True):
    """What the source of a plugin needs.

    Attributes:
        needs: needs of the calls that the source shows.
        unclear: calls that it does not show and that no declared permission accounts for.
    """

    needs: tuple[Need, ...] = ()
    unclear: tuple[Unclear, ...] = ()


def unfinished(plugin: str, files: Iterable[str], root: str) -> Unclear:
    """Return what is reported of a plugin whose source costs too much to be analysed."""
    path = f"{root}/{min(files, default=plugin)}"
    return Unclear(plugin, path, 1, f"the source is too deep or too large to be analysed: {WAY_OUT}")
