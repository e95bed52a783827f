"""Checking the requirements of a plugin against the installed packages.

Owns the answer. Leaves the comparison to ``comparison``. It installs nothing: packages belong into the image, because
an operator that downloads code would run unreviewed code.
"""

from collections.abc import Mapping

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.requirements.inline_metadata import blocks_of

_WAY_OUT = '; install it where the operator runs ("plugin-operator requirements" prints what an image needs)'


class RequirementsUnmet(PluginRejected):
    """A requirement of the plugin is not installed; the plugin loads once it is, without a change of the file."""


def check_installed(files: Mapping[str, bytes], root: str) -> None:
    """Check the requirements of a plugin and its helpers, before an import. Blocks: reads directories.

    Raises:
        RequirementsUnmet: a requirement is missing or does not match; names each, and the line of the first.
        PluginRejected: a metadata block is malformed.
    """
    blocks = blocks_of(files, root)
    if not blocks:
        return
    # Imported on demand: packaging takes time and memory, and most plugins declare nothing.
    from plugin_operator.hosting.requirements.comparison import problems_of

    problems = problems_of(blocks)
    if problems:
        reason = "; ".join(dict.fromkeys(reason for reason, _, _ in problems))
        _, path, line = problems[0]
        raise RequirementsUnmet(reason + _WAY_OUT, path=path, line=line)
