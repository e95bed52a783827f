"""``plugin-operator run``: the operator against a cluster."""

import sys
from typing import Any

import click

from plugin_operator.cli.operator_flags import (
    address_flags,
    cluster_flags,
    leader_flags,
    log_flags,
    options_from,
    plugins_dir,
    shutdown_flag,
    work_flags,
)
from plugin_operator.cli.parameters import EPILOG
from plugin_operator.errors import ConfigError


@click.command("run", epilog=EPILOG, short_help="Run the operator against a cluster.")
@plugins_dir
@cluster_flags
@address_flags(":8080", ":8081", "")
@leader_flags
@work_flags
@shutdown_flag("30s")
@log_flags
def command(**settings: Any) -> None:
    """Run the operator against a cluster until SIGTERM or Ctrl-C; a second signal ends it at once with status 1."""
    options = options_from(settings)
    # The operator itself is imported only now: it loads asyncio, aiohttp and the Kubernetes client.
    from plugin_operator.app import run

    try:
        sys.exit(run(options))
    except ConfigError as error:
        raise ConfigError(f"{error}. No cluster at hand? Try: plugin-operator sandbox") from error
