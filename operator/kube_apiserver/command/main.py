"""Running the server until a signal, or the end of standard input."""

import asyncio
import contextlib
import gc
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from kube_apiserver.command.arguments import flags_of, parser
from kube_apiserver.command.flags import BadFlag
from kube_apiserver.config import ApiServerConfig, Endpoint

if TYPE_CHECKING:
    from kube_apiserver import ApiServer

_PIECE_BYTES = 4096


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit the process: status 0 after a stop, 1 after a failure, 2 for wrong usage."""
    # During imports Ctrl-C ends the process by signal, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    commands = parser()
    found = commands.parse_args(arguments)
    logging.basicConfig(level=found.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
    try:
        config = flags_of(found).config()
    except BadFlag as error:
        commands.error(str(error))
    from kube_apiserver import ApiServer
    from kube_apiserver.threads import give_way_quickly

    give_way_quickly()
    # The objects of modules stay to the end: no collection needs to look at them.
    gc.freeze()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        sys.exit(runner.run(_serve(ApiServer(config), with_stdin=found.exit_with_stdin)))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the event loop: uvloop if it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _serve(server: "ApiServer", *, with_stdin: bool) -> int:
    from kube_apiserver.command.failures import EXPECTED, failure

    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _end, loop, end)
    try:
        endpoint = await server.start()
    except EXPECTED as error:
        message, status = failure(error, server.config)
        sys.stderr.write(f"Error: {message}\n")
        return status
    try:
        if with_stdin:
            threading.Thread(target=_drain, args=(loop, end), name="stdin", daemon=True).start()
        _announce(endpoint, server.config)
        await end.wait()
    finally:
        await server.stop()
    return 0


def _end(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    """Begin to stop. A second signal ends the process at once."""
    end.set()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)


def _announce(endpoint: Endpoint, config: ApiServerConfig) -> None:
    kubeconfig = shlex.quote(str(config.kubeconfig_path))
    # A parent that reads no more than the line may have closed the pipe.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"Kubernetes API at {endpoint.url}; export KUBECONFIG={kubeconfig}\n")
        sys.stdout.flush()


def _drain(loop: asyncio.AbstractEventLoop, end: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), _PIECE_BYTES):
        continue
    # The loop is closed if a signal came first.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(end.set)
