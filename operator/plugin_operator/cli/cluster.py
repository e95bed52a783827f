"""The cluster that a command looks at, beside the sandbox of the folder."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_operator.cli.sandbox.sandbox_folder import DEFAULT_FOLDER
from plugin_operator.cli.terminal.messages import say_line
from plugin_operator.errors import ConfigError

if TYPE_CHECKING:
    from plugin_operator.client import ConnectionConfig

_OF_SANDBOX = DEFAULT_FOLDER / "kubeconfig"


def chosen_cluster(kubeconfig: str | Path | None, context: str | None) -> "ConnectionConfig":
    """Return the configuration of the cluster; mention a sandbox in this folder that is not the chosen one.

    Args:
        kubeconfig: value of ``--kubeconfig``; None if it is not given.
        context: value of ``--context``.

    Raises:
        ConfigError: there is no usable configuration; the message names the sandbox, if there is one.
    """
    from plugin_operator.client import load_connection_config

    is_beside_sandbox = not kubeconfig and _OF_SANDBOX.exists() and not _is_chosen_by_environment()
    try:
        config = load_connection_config(kubeconfig, context)
    except ConfigError as error:
        if not is_beside_sandbox:
            raise
        raise ConfigError(f"{error}. For the sandbox of this folder, add --kubeconfig {_OF_SANDBOX}") from error
    if is_beside_sandbox:
        say_line(f"Cluster {config.host}; for the sandbox of this folder, add --kubeconfig {_OF_SANDBOX}", err=True)
    return config


def _is_chosen_by_environment() -> bool:
    files = os.environ.get("KUBECONFIG", "").split(os.pathsep)
    return any(each and Path(each).absolute() == _OF_SANDBOX.absolute() for each in files)
