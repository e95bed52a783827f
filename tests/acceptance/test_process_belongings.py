"""A plugin touches what belongs to the whole process: it has no effect, or is put back, and is named."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cluster import Cluster
from tests.acceptance.conftest import StartOperator
from tests.acceptance.output import Output

PLUGIN = """
import asyncio, ctypes, gc, multiprocessing, os, pty, resource, signal, subprocess, sys
from concurrent.futures import ProcessPoolExecutor
import plugin_operator
from plugin_operator import controller

def answer():
    return 42

@controller(for_="v1/ConfigMap", label_selector="try")
async def naughty(ctx, request):
    what = (ctx.lister.get(request) or {{}}).get("data", {{}}).get("what")
    if what is None:
        return
    result = await {{name: value for name, value in globals().items() if name.startswith("do_")}}["do_" + what]()
    ctx.log.info("Tried", what=what, result=str(result), pid=os.getpid())

async def do_fork():
    pid = os.fork()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

async def do_pty():
    pid, descriptor = pty.fork()
    status = os.waitpid(pid, 0)[1]
    os.close(descriptor)
    return os.waitstatus_to_exitcode(status)

async def do_thread():
    return await asyncio.to_thread(lambda: os.waitstatus_to_exitcode(os.waitpid(os.fork(), 0)[1]))

async def do_allowed():
    with plugin_operator.allow_fork():
        pid = os.fork()
    if pid == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

async def do_subprocess():
    first = subprocess.run(["true"], preexec_fn=lambda: None).returncode
    process = await asyncio.create_subprocess_exec("sh", "-c", "exit 3", preexec_fn=lambda: None)
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    class Ended(asyncio.SubprocessProtocol):
        def process_exited(self):
            ended.set_result(None)
    transport, _ = await loop.subprocess_exec(Ended, "true")
    await ended
    return first, await process.wait(), transport.get_returncode(), os.system("exit 5") >> 8

async def do_spawn():
    return await run_in("spawn")

async def do_forkserver():
    return await run_in("forkserver")

async def run_in(method):
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, pow, 2, 5)

async def do_ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN

async def do_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    resource.prlimit(0, resource.RLIMIT_CORE, (0, 0))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 8

async def do_alarm():
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.alarm(1)
    return signal.getitimer(signal.ITIMER_REAL)

async def do_recursion():
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(60)
    sys.setrecursionlimit(before + 1)
    sys.setrecursionlimit(100_000)
    return sys.getrecursionlimit() - before

async def do_loop():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda *args, **options: 1 / 0)
    loop.set_exception_handler(lambda *args: 1 / 0)
    loop.set_default_executor(None)
    loop.stop()
    loop.close()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
    return await asyncio.ensure_future(asyncio.to_thread(lambda: 42))

async def do_handlers():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: None)
    loop.remove_signal_handler(signal.SIGTERM)
    signal.set_wakeup_fd(-1)

async def do_interpreter():
    before = ways()
    gc.disable()
    gc.set_threshold(0)
    sys.setswitchinterval(10)
    sys.settrace(lambda *args: None)
    sys.setprofile(lambda *args: None)
    return before == ways()

def ways():
    return gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile()

async def do_below():
    ctypes.CDLL(None).signal(signal.SIGTERM.value, 1)
    import _signal
    _signal.signal(signal.SIGINT, _signal.SIG_IGN)
    limits = (ctypes.c_ulong * 2)(64, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    return ctypes.CDLL(None).setrlimit(resource.RLIMIT_NOFILE, limits)
"""


class Try:
    """Makes the plugin do one thing after the other."""

    def __init__(self, cluster: Cluster, running: Output) -> None:
        self._cluster = cluster
        self._running = running
        self.pids: set[int] = set()

    def __call__(self, what: str) -> tuple[str, list[dict[str, Any]]]:
        """Return what came of it, and the errors that were logged meanwhile."""
        before = len(self._running.lines)
        manifest = self._cluster.kubeconfig.with_name(f"{what}.json")
        metadata = {"name": what, "labels": {"try": "yes"}}
        manifest.write_text(
            json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"what": what}})
        )
        self._cluster.kubectl("create", "-f", str(manifest))
        line = json.loads(self._running.wait_for('"Tried"', f'"{what}"', after=before, seconds=30))
        self.pids.add(line["pid"])
        return line["result"], self.errors(before)

    def errors(self, after: int = 0) -> list[dict[str, Any]]:
        lines = [line for line in self._running.lines[after:] if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["level"] == "error"]


@pytest.fixture
def running(operator: StartOperator, cluster: Cluster, plugins: Path) -> Output:
    (plugins / "naughty.py").write_text(PLUGIN.replace("{{", "{").replace("}}", "}"))
    running = operator(log_format="json")
    running.wait_for("Connected to the API server")
    return running


@pytest.fixture
def attempt(cluster: Cluster, running: Output) -> Try:
    return Try(cluster, running)


def stops_in_order(running: Output) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert running.end(30) == 0, running.text


def test_a_child_that_a_plugin_forks_ends_at_once_and_is_named_and_what_is_no_second_operator_lives(
    running: Output, attempt: Try
) -> None:
    for what, call in (("fork", "os.fork()"), ("pty", "os.forkpty()"), ("thread", "os.fork()")):
        result, errors = attempt(what)
        assert result == "70"
        assert [(each["event"], each["plugin"], each["call"]) for each in errors] == [
            ("Forked child of the operator ended", "naughty", call)
        ]
        assert "allow_fork" in errors[0]["way_out"]
        assert "naughty.py" in errors[0]["file"]
    assert attempt("allowed") == ("7", [])
    assert attempt("subprocess") == ("(0, 3, 0, 5)", [])
    assert attempt("spawn") == ("32", [])
    assert attempt("forkserver") == ("32", [])
    assert len(attempt.pids) == 1
    stops_in_order(running)


def test_signals_and_limits_stay_as_they_were_and_the_plugin_is_named(running: Output, attempt: Try) -> None:
    result, errors = attempt("ignore")
    assert (result, [(each["plugin"], each["signal"]) for each in errors]) == ("True", [("naughty", "SIGTERM")])
    result, errors = attempt("limit")
    assert result == "True"
    assert [(each["plugin"], each["limit"]) for each in errors] == [
        ("naughty", "RLIMIT_NOFILE"), ("naughty", "RLIMIT_CORE")
    ]  # fmt: skip
    stops_in_order(running)


def test_alarms_recursion_limits_the_loop_and_the_interpreter_stay_as_they_were_for_everybody(
    running: Output, attempt: Try
) -> None:
    result, errors = attempt("alarm")
    assert (result, [each["plugin"] for each in errors]) == ("(0.0, 0.0)", ["naughty", "naughty"])
    result, errors = attempt("recursion")
    assert (result, [(each["plugin"], each["recursion_limit"]) for each in errors]) == ("1", [
        ("naughty", "60"), ("naughty", "100000")
    ])  # fmt: skip
    result, errors = attempt("loop")
    assert (result, {each["plugin"] for each in errors}) == ("42", {"naughty"})
    assert [each["call"] for each in errors] == [
        "set_task_factory", "set_exception_handler", "set_default_executor", "stop", "close",
        "shutdown_asyncgens", "shutdown_default_executor",
    ]  # fmt: skip
    result, errors = attempt("interpreter")
    assert result == "True"
    assert [each["call"] for each in errors] == [
        "disable", "set_threshold", "setswitchinterval", "settrace", "setprofile"
    ]  # fmt: skip
    stops_in_order(running)


def test_signals_that_the_loop_is_to_handle_end_the_operator_all_the_same(running: Output, attempt: Try) -> None:
    _, errors = attempt("handlers")
    assert [(each["plugin"], each["call"]) for each in errors] == [
        ("naughty", "add_signal_handler"), ("naughty", "remove_signal_handler"), ("naughty", "set_wakeup_fd")
    ]  # fmt: skip
    stops_in_order(running)


def test_what_is_changed_past_python_is_put_back(running: Output, attempt: Try) -> None:
    assert attempt("below")[0] == "0"
    for words in ('"SIGTERM"', '"SIGINT"', '"RLIMIT_NOFILE"'):
        running.wait_for("restored", words, seconds=10)
    stops_in_order(running)
