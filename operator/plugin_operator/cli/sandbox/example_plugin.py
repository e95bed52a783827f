"""The plugins directory of a sandbox that starts where there is none yet, and the plugin to try.

Owns creating the default directory, and the question whether to write the example. Leaves its text to ``scaffold``.
"""

import sys
from pathlib import Path

import click

from plugin_operator.cli.terminal.messages import say
from plugin_operator.errors import PluginOperatorError

NAME = "hello"


class ExamplePlugin:
    """The plugin ``hello.py`` in a plugins directory.

    Args:
        directory: the plugins directory.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / f"{NAME}.py"

    def prepare(self, *, is_wanted: bool, may_ask: bool) -> None:
        """Create the directory if it is missing, and write the plugin if the user wants it.

        Args:
            is_wanted: write it, whether the directory is empty or not.
            may_ask: ask, if the directory is empty and this is a terminal.

        Raises:
            PluginOperatorError: the directory or the file cannot be written.
        """
        directory = self.path.parent
        try:
            is_new = not directory.exists()
            directory.mkdir(exist_ok=True)
            is_empty = next(directory.iterdir(), None) is None
        except OSError as error:
            where = f'the plugins directory "{directory}"'
            raise PluginOperatorError(
                f"{where} cannot be created ({error.strerror}): name another with --plugins-dir"
            ) from error
        if is_wanted or (is_empty and may_ask and self._is_confirmed()):
            self._write()
        elif is_empty:
            say(
                f"{directory} is empty. Write a plugin with: plugin-operator new {NAME} --for v1/ConfigMap\n"
                f"Or start again with: plugin-operator sandbox --example\n{self._elsewhere(is_new=is_new)}"
            )

    def _elsewhere(self, *, is_new: bool) -> str:
        """Return the way to plugins in the working directory, if it has any: the sandbox may be started in theirs."""
        is_meant = is_new and self.path.parent == Path("plugins") and any(Path().glob("*.py"))
        return "Or, for the Python files here, with: plugin-operator sandbox --plugins-dir .\n" if is_meant else ""

    def _is_confirmed(self) -> bool:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return False
        return click.confirm(f"{self.path.parent} is empty. Write an example plugin to {self.path}?", default=True)

    def _write(self) -> None:
        # Imported on demand: the table of kinds takes time to load.
        from plugin_operator.cli.scaffold.kinds import target_of
        from plugin_operator.cli.scaffold.plan import NewPlugin
        from plugin_operator.cli.writing.new_files import write_all

        plugin = NewPlugin(NAME, target_of("v1/ConfigMap"), Path())
        if self.path.exists():
            say(f"{self.path} is there already and stays as it is.")
            return
        write_all({self.path: plugin.files()[plugin.plugin]}, overwrites=False)
        say(f"Wrote {self.path}")
