"""``plugin-operator apiserver``: the embedded Kubernetes API server alone."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import log_flags
from plugin_operator.cli.parameters import EPILOG, Address, ExistingPath, flag
from plugin_operator.cli.terminal.messages import say
from plugin_operator.errors import UsageError
from plugin_operator.options import LogFormat
from plugin_operator.serving.address import BindAddress

if TYPE_CHECKING:
    from kube_apiserver import ApiServerConfig, Endpoint


_EXAMPLES = (
    ("On a free port; the kubeconfig is .sandbox/kubeconfig", "apiserver"),
    (
        "On a fixed port, with another kubeconfig",
        "apiserver --bind-address 127.0.0.1:6443 --write-kubeconfig ./config",
    ),
    ("Keep the objects", "apiserver --data-dir ./data"),
    ("With the CRDs and objects in the files of a folder", "apiserver --seed crds"),
)


@click.command(
    "apiserver", cls=Command, examples=_EXAMPLES, epilog=EPILOG,
    short_help="Run the embedded Kubernetes API server alone.",
)  # fmt: skip
@flag(
    "--bind-address", to="address", type=Address(), default="127.0.0.1:0", show_default=True,
    help="Where to listen; port 0 takes a free one.",
)  # fmt: skip
@flag(
    "--write-kubeconfig", to="kubeconfig", type=click.Path(path_type=Path, dir_okay=False),
    default=".sandbox/kubeconfig", show_default=True, help="File that kubectl can use; readable by you alone.",
)  # fmt: skip
@flag(
    "--data-dir", to="data_dir", type=click.Path(path_type=Path, file_okay=False),
    help="Keep objects in this folder. Default: in memory.",
)  # fmt: skip
@click.option(
    "--seed", "seeds", multiple=True, type=ExistingPath(), metavar="PATH",
    help="YAML or JSON file, or a folder of them, with objects to start with; CRDs first. Repeatable.",
)  # fmt: skip
@click.option("--no-tls", "plain", is_flag=True, help="Serve plain HTTP, and require no token unless one is given.")
@flag(
    "--token-file", to="token_file", type=ExistingPath(dir_okay=False), metavar="FILE",
    help="File with the token that clients must send. Default: a generated one, in the kubeconfig.",
)  # fmt: skip
@flag(
    "--controllers", to="controllers", default="*", show_default=True,
    help="Controllers to run, as for kube-controller-manager: '*,-serviceaccount-controller'.",
)  # fmt: skip
@flag(
    "--feature-gates", to="feature_gates", default="", metavar="NAME=true,…",
    help="Alpha features to turn on, as for kube-apiserver: 'ShardedListAndWatch=true'.",
)  # fmt: skip
@click.option("--exit-with-stdin", "child", is_flag=True, hidden=True, help="End when standard input ends.")
@log_flags
def command(  # noqa: PLR0913, PLR0917 - one for each flag
    address: BindAddress | None,
    kubeconfig: Path,
    data_dir: Path | None,
    seeds: tuple[Path, ...],
    plain: bool,
    token_file: Path | None,
    controllers: str,
    feature_gates: str,
    child: bool,
    log_level: str,
    log_format: LogFormat,
) -> None:
    """Serve the Kubernetes API to kubectl and any client library, in memory or kept in a folder.

    No scheduler and no kubelet: objects are stored, validated, watched and garbage collected, pods never run.
    """
    if address is None:
        raise UsageError("--bind-address must not be off: the command only serves there")
    # Imported on demand: the server loads asyncio, aiohttp and schemas, which --help does not need.
    from kube_apiserver.command.flags import BadFlag, Flags
    from kube_apiserver.threads import give_way_quickly
    from plugin_operator import logs
    from plugin_operator.manager import run_in_loop

    logs.configure(log_format, log_level)
    give_way_quickly()
    flags = Flags(
        host=address.host,
        port=address.port,
        kubeconfig=kubeconfig,
        data_dir=data_dir,
        seeds=seeds,
        tls=not plain,
        token_file=token_file,
        controllers=controllers,
        feature_gates=feature_gates,
    )
    try:
        config = flags.config()
    except BadFlag as error:
        raise UsageError(str(error)) from error
    sys.exit(run_in_loop(_serve(config, child=child)))


async def _serve(config: "ApiServerConfig", *, child: bool) -> int:
    from kube_apiserver import ApiServer
    from kube_apiserver.command.failures import EXPECTED, failure
    from plugin_operator import logs
    from plugin_operator.cli.lifetime import wait_for_end
    from plugin_operator.serving.api_server_listener import LimitedFront

    server = ApiServer(config, front=LimitedFront("API server"))
    try:
        endpoint = await server.start()
    except EXPECTED as error:
        message, status = failure(error, config)
        say(f"Error: {message}", err=True)
        return status
    try:
        _announce(endpoint, config, child=child)
        await wait_for_end(with_stdin=child)
    finally:
        await server.stop()
    logs.get_logger(__name__).info("Stopped", status=0)
    return 0


def _announce(endpoint: "Endpoint", config: "ApiServerConfig", *, child: bool) -> None:
    if child:
        say(json.dumps({"url": endpoint.url, "pid": os.getpid()}))
        return
    say(f"Kubernetes API at {endpoint.url}; Ctrl-C stops it.\n\n  export KUBECONFIG={config.kubeconfig_path}\n")
