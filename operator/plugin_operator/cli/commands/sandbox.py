"""``plugin-operator sandbox``: runs the operator with an embedded API server, for a laptop without a cluster."""

import contextlib
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from plugin_operator.cli.command import Command
from plugin_operator.cli.operator_flags import (
    address_flags,
    log_flags,
    options_from,
    plugins_dir_flags,
    shutdown_flag,
    work_flags,
)
from plugin_operator.cli.parameters import EPILOG, ExistingPath, PluginsDir, flag
from plugin_operator.cli.sandbox.example_plugin import ExamplePlugin
from plugin_operator.cli.sandbox.sandbox_folder import DEFAULT_FOLDER, SandboxFolder
from plugin_operator.cli.terminal.messages import say
from plugin_operator.options import Options
from plugin_operator.serving.address import BindAddress, HeldAddress

if TYPE_CHECKING:
    from plugin_operator.cli.manifest_files import Manifest

_SERVER_READY_SECONDS = 30.0
_LOOPBACK = "127.0.0.1"


_EXAMPLES = (
    ("The plugins in ./plugins; objects are in memory", "sandbox"),
    ("In an empty folder: with a plugin to try", "sandbox --example"),
    ("Objects outlive the process", "sandbox --data-dir ./data"),
    ("With the CRDs and objects in the files of a folder", "sandbox --seed crds"),
    ("A second sandbox at the same time", "sandbox --sandbox-dir .sandbox-2"),
)


@click.command(
    "sandbox", cls=Command, examples=_EXAMPLES, epilog=EPILOG,
    short_help="Run the operator on an API server of its own.",
)  # fmt: skip
@plugins_dir_flags(PluginsDir(may_lack_default=True))
@flag(
    "--sandbox-dir", to="folder", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_FOLDER,
    show_default=True, help="Folder for the kubeconfig.",
)  # fmt: skip
@flag(
    "--data-dir", to="data_dir", type=click.Path(path_type=Path, file_okay=False),
    help="Keep the API server's objects in this folder. Default: in memory.",
)  # fmt: skip
@click.option(
    "--seed", "seeds", multiple=True, type=ExistingPath(), metavar="PATH",
    help="YAML or JSON file, or a folder of them, with objects to start with; CRDs first. Repeatable.",
)  # fmt: skip
@click.option("--example", is_flag=True, help="Write a plugin to try into the plugins directory: hello.py.")
@address_flags(None, None, "loopback, port 8080 (8081 for probes) or a free one")
@work_flags
@shutdown_flag("5s")
@log_flags
def command(folder: Path, data_dir: Path | None, seeds: tuple[Path, ...], example: bool, **settings: Any) -> None:
    """Start an embedded Kubernetes API server and the operator on it, without any cluster.

    kubectl works against it with the kubeconfig it writes. Plugin files may be added, edited and removed meanwhile.
    ./plugins is created if it is missing. Ctrl-C stops both.
    """
    manifests = _manifests(seeds)
    with _quiet_interrupt():
        held = SandboxFolder(folder)
        try:
            plugin = ExamplePlugin(settings["plugins_dir"])
            plugin.prepare(is_wanted=example, may_ask=settings["plugins_signature_key"] is None)
            code = _run(held, data_dir, _with_addresses(settings), manifests)
        finally:
            held.release()
    sys.exit(code)


def _manifests(seeds: tuple[Path, ...]) -> "list[Manifest]":
    if not seeds:
        return []
    # Imported on demand: most sandboxes have no seeds.
    from plugin_operator.cli.manifest_files import read_manifests

    return read_manifests(seeds, "--seed")


def _run(folder: SandboxFolder, data_dir: Path | None, settings: dict[str, Any], manifests: "list[Manifest]") -> int:
    # Imported on demand: --help does not need asyncio.
    from plugin_operator.cli.sandbox.server_process import ServerProcess, ServerRunnable

    options = replace(options_from(settings), kubeconfig=folder.kubeconfig, apply_crds=True)
    server = ServerProcess(folder.kubeconfig, data_dir)
    try:
        # Imported while the server starts in parallel: both take about a second.
        from plugin_operator.app import run

        url = server.wait_ready(_SERVER_READY_SECONDS)
        _seed(folder.kubeconfig, manifests, options)
        folder.announce({"pid": os.getpid(), "server": url, "probes": str(options.probe_address)})
        _welcome(url, folder, options)
        return run(options, companions=[partial(ServerRunnable, server)])
    finally:
        server.close()


def _seed(kubeconfig: Path, manifests: "list[Manifest]", options: Options) -> None:
    if not manifests:
        return
    import asyncio

    from plugin_operator.cli.sandbox.seeding import needs_definitions, seed

    definitions = _definitions(options) if needs_definitions(manifests) else []
    asyncio.run(seed(kubeconfig, manifests, definitions))
    say(f"Applied {len(manifests)} object{'s' * (len(manifests) != 1)} of --seed")


def _definitions(options: Options) -> list[dict[str, Any]]:
    """Return the CRDs of the plugins' classes; the operator reports what is wrong with a plugin."""
    from plugin_operator.cli.checking.definitions import definitions_of
    from plugin_operator.cli.checking.plugin_check import CheckSettings, check

    report = check(
        (options.plugins_dir,),
        CheckSettings(options.validate_timeout_seconds, lints=False, key_file=options.plugins_signature_key),
    )
    return definitions_of(report.plugins)[0]


def _with_addresses(settings: dict[str, Any]) -> dict[str, Any]:
    """Return ``settings`` with default addresses: the usual ports, or free ones if another sandbox uses them."""
    context = click.get_current_context()
    chosen = dict(settings)
    for name, port in (("metrics_address", 8080), ("probe_address", 8081)):
        if context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT:
            chosen[name] = HeldAddress.take(BindAddress(_LOOPBACK, port))
    return chosen


@contextlib.contextmanager
def _quiet_interrupt() -> Iterator[None]:
    """Exit without a traceback on Ctrl-C during startup; the running operator has its own handlers."""
    leaving = False

    def leave(signum: int, frame: object) -> None:
        nonlocal leaving
        del signum, frame
        leaving = True
        sys.exit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Exception:
        # An import may convert the SystemExit of sys.exit into another exception.
        if not leaving:
            raise
        sys.exit(0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _welcome(url: str, folder: SandboxFolder, options: Options) -> None:
    from plugin_operator.cli.sandbox.first_steps import first_steps

    kubectl = f"kubectl --kubeconfig {shlex.quote(str(folder.kubeconfig))}"
    metrics = f", metrics at http://{options.metrics_address}/metrics" if options.metrics_address else ""
    steps = first_steps(options.plugins_dir)
    installed = "" if shutil.which("kubectl") else " (with kubectl installed)"
    heading = "Try in another terminal" if steps else "For another terminal"
    lines = [
        f"Kubernetes API at {url}{metrics}",
        f"Plugins from {options.plugins_dir}: add, edit or remove files while this runs. Ctrl-C stops it.",
        "",
        f"{heading}{installed}:",
        *(f"  {kubectl} {each}" for each in steps or ["get namespaces"]),
        "",
    ]
    say("\n".join(lines))
