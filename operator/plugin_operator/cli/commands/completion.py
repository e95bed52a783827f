"""``plugin-operator completion``: prints a script that makes a shell complete commands, flags and values."""

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.terminal.messages import say

_SHELLS = ("bash", "zsh", "fish")
#: zsh knows compdef once compinit has run, which a shell without configuration has not done.
_COMPDEF = "    compdef _"
_COMPINIT = "    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"
_EXAMPLES = (
    ("In this shell", "completion bash > completion.bash && source completion.bash"),
    ("In each bash to come", "completion bash >> ~/.bashrc"),
    ("In each zsh to come", "completion zsh >> ~/.zshrc"),
)


@click.command("completion", cls=Command, examples=_EXAMPLES, short_help="Print a script for completion in a shell.")
@click.argument("shell", type=click.Choice(_SHELLS), metavar="SHELL")
def command(shell: str) -> None:
    """Print a script that completes commands, flags and values in SHELL: bash, zsh or fish.

    The script asks plugin-operator at each completion, so it stays right after an upgrade. It completes the name
    plugin-operator. kubectl's own completion completes "kubectl plugin-operator".
    """
    # Imported on demand: only this command and a completing shell need it.
    from click.shell_completion import get_completion_class

    from plugin_operator.cli.group import COMPLETION_VARIABLE, PROGRAM, group

    shell_class = get_completion_class(shell)
    if shell_class is not None:
        script = shell_class(group, {}, PROGRAM, COMPLETION_VARIABLE).source()
        say(script.replace(_COMPDEF, f"{_COMPINIT}{_COMPDEF}"))
