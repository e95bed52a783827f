"""Completion of ``kubectl plugin-operator``: the protocol of cobra, which kubectl expects from plugins.

Source: https://kubernetes.io/docs/reference/kubectl/ and cobra's ShellCompDirective values.
"""

from collections.abc import Sequence

from click.shell_completion import ShellComplete

_DEFAULT = 0  # the shell completes file names
_NO_FILE_COMPLETION = 4
_FILTER_DIRECTORIES = 16


def completions(program: str, words: Sequence[str]) -> str:
    """Return the completions of the last word: one a line with its description, and at last ``:DIRECTIVE``."""
    from plugin_operator.cli.group import COMPLETION_VARIABLE, group

    *before, incomplete = words or [""]
    items = ShellComplete(group, {}, program, COMPLETION_VARIABLE).get_completions(list(before), incomplete)
    types = {item.type for item in items}
    directive = _DEFAULT if "file" in types else _FILTER_DIRECTORIES if "dir" in types else _NO_FILE_COMPLETION
    plain = [f"{item.value}\t{item.help}" if item.help else item.value for item in items if item.type == "plain"]
    return "".join(f"{line}\n" for line in [*plain, f":{directive}"])
