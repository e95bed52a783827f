"""``plugin-operator run``: runs the operator against a cluster."""

import sys
from contextlib import nullcontext
from typing import Any

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.group import LazyGroup
from plugin_operator.cli.operator_flags import (
    address_flags,
    apply_crds,
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
from plugin_operator.imports import imports_without_collection
from plugin_operator.options import Options

_EXAMPLES = (
    ("On a laptop: the current kubeconfig and the plugins in ./plugins", "run"),
    ("Another context, and two namespaces only", "run --context staging --watch-namespace team-a,team-b"),
    ("In a pod with replicas: one of them works", "run --plugins-dir /plugins --leader-elect"),
    ("Load only directories that are signed with this key", "run --plugins-signature-key public.pem"),
)


@click.command("run", cls=Command, examples=_EXAMPLES, epilog=EPILOG, short_help="Run the operator against a cluster.")
@plugins_dir
@cluster_flags
@address_flags(":8080", ":8081", "")
@leader_flags
@work_flags
@apply_crds
@shutdown_flag("30s")
@log_flags
def command(**settings: Any) -> None:
    """Run the operator against a cluster until SIGTERM or Ctrl-C; a second signal ends it at once with status 1."""
    options = options_from(settings)
    # Started first: it imports what trials need while this process imports the rest.
    from plugin_operator.hosting.validation.trial_process import TrialProcess

    # Workers start their own.
    with TrialProcess() if options.processes == 1 else nullcontext() as trials:
        with imports_without_collection():
            from plugin_operator.app import run

        _log_unknown_variables(options)
        try:
            sys.exit(run(options, trials=trials))
        except ConfigError as error:
            raise ConfigError(f"{error}. No cluster at hand? Try: plugin-operator sandbox") from error


def _log_unknown_variables(options: Options) -> None:
    from plugin_operator import logs

    context = click.get_current_context().find_root()
    if not isinstance(context.command, LazyGroup):
        return
    logs.configure(options.log_format, options.log_level)
    for unknown in context.command.unknown_variables(context):
        logs.get_logger(__name__).warning(
            "Unknown environment variable", variable=unknown.name, did_you_mean=unknown.meant or None
        )
