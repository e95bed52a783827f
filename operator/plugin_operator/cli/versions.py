"""The versions that a report of a fault needs: of the operator, of Python and of the platform."""

import platform

from plugin_operator.cli.output import print_document
from plugin_operator.cli.terminal.messages import say


def print_versions(output: str) -> None:
    """Print the versions in the form of ``output``; a table is one line."""
    # Imported on demand: importlib.metadata takes 20 ms.
    from importlib.metadata import version

    versions = {
        "version": version("plugin-operator"),
        "pythonVersion": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    if output == "table":
        say("plugin-operator {version} (Python {pythonVersion})".format(**versions))
    else:
        print_document(versions, output)
