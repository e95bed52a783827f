"""Trying plugins in a child process, whatever they do to it."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from plugin_operator.clock import SystemClock
from plugin_operator.hosting.scan.snapshot import PluginSource, digest_of
from plugin_operator.hosting.validation.validator import FIRST_IDLE_SECONDS, IDLE_SECONDS, Validator
from plugin_operator.testing.eventually import eventually
from plugin_operator.testing.virtual_clock import VirtualClock
from tests.compiling import compiled

HEAD = "from plugin_operator.plugin import controller\n"
CONTROLLER = "@controller(for_='v1/Pod', owns=['v1/Secret'])\nasync def one(ctx, request): ...\n"


def source_of(text: str, name: str = "one") -> PluginSource:
    files = {f"{name}.py": text.encode()}
    return PluginSource(name, f"/plugins/{name}.py", files, digest_of(files), root="/plugins", code=compiled(files))


# Each new fork server takes most of a second. As in an operator, it serves one plugin after the other.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def validator() -> AsyncIterator[Validator]:
    made = Validator(clock=SystemClock(), deadline_seconds=10)
    yield made
    await made.stop(5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def short_deadline_validator() -> AsyncIterator[Validator]:
    made = Validator(clock=SystemClock(), deadline_seconds=3)
    yield made
    await made.stop(5)


@pytest_asyncio.fixture(loop_scope="module")
async def new_validator() -> AsyncIterator[Validator]:
    """A validator without a fork server."""
    made = Validator(clock=SystemClock(), deadline_seconds=3)
    yield made
    await made.stop(5)


async def test_a_good_plugin_passes_and_its_declarations_are_told(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + CONTROLLER))
    assert verdict.ok
    assert verdict.declarations[0]["name"] == "one"
    assert verdict.declarations[0]["owns"] == ["v1/Secret"]
    assert verdict.leftovers == []


async def test_a_refusal_crosses_the_process_border_with_file_and_line(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + "1 / 0\n"))
    assert str(verdict.rejection()) == "/plugins/one.py:2: ZeroDivisionError: division by zero"
    assert not verdict.is_passing


async def test_an_import_that_hangs_is_ended_and_its_line_named(short_deadline_validator: Validator) -> None:
    verdict = await short_deadline_validator.validate(
        source_of(HEAD + "import time\n\ntime.sleep(1000)\n" + CONTROLLER)
    )
    assert verdict.reason == "its import did not end within 3 s: move what it does there into start(ctx) or reconcile"
    assert (verdict.path, verdict.line) == ("/plugins/one.py", 4)
    assert verdict.is_passing


async def test_an_import_that_crashes_is_named_with_signal_and_line(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + "import ctypes\nctypes.string_at(0)\n" + CONTROLLER))
    assert "SIGSEGV" in verdict.reason
    assert (verdict.path, verdict.line) == ("/plugins/one.py", 3)


@pytest.mark.parametrize(("number", "how"), [(9, "killed by SIGKILL"), (40, "killed by signal 40")])
async def test_an_import_that_is_killed_is_named_with_any_signal(validator: Validator, number: int, how: str) -> None:
    verdict = await validator.validate(source_of(HEAD + f"import os\nos.kill(os.getpid(), {number})\n" + CONTROLLER))
    assert f"its import crashes the process ({how}): " in verdict.reason
    assert verdict.reason.endswith("or give the operator more memory") is (number == 9)


async def test_an_import_that_ends_the_process_is_refused(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + "import os\nos._exit(7)\n" + CONTROLLER))
    way_out = "move what it does there into start(ctx) or reconcile"
    assert verdict.reason == f"its import ends the process (os._exit(7)): {way_out}"


FLOODS = [
    "for _ in range(1000): print('x' * 1_000_000)",
    "while True: print('x' * 60)",
    "import sys\nsys.stderr.write('x' * 100_000_000)",
    "import os\nwhile True: os.write(1, b'x' * 65536)",
    "import logging\nfor _ in range(1_000_000): logging.warning('x' * 1000)",
    "import subprocess\nsubprocess.run(['yes'])",
]


@pytest.mark.parametrize("text", FLOODS)
async def test_an_import_that_floods_the_log_is_refused(validator: Validator, text: str) -> None:
    verdict = await validator.validate(source_of(HEAD + text + "\n" + CONTROLLER))
    assert verdict.reason == "its import prints more than 1 MiB to the operator's log: print less"
    assert not verdict.is_passing


async def test_an_import_may_print_a_little(validator: Validator) -> None:
    text = "import sys\nfor _ in range(1000): print('x' * 500, file=sys.stderr)\nprint('y')\n"
    assert (await validator.validate(source_of(HEAD + text + CONTROLLER))).ok


async def test_a_reason_is_cut_to_what_people_read(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + "raise ValueError('x' * 100_000_000)\n"))
    assert verdict.reason.startswith("ValueError: xxx")
    assert len(verdict.reason) <= 2000


async def test_an_import_that_takes_all_memory_is_refused(validator: Validator) -> None:
    verdict = await validator.validate(source_of(HEAD + "hoard = bytearray(50 * 2**30)\n" + CONTROLLER))
    assert verdict.reason.startswith("MemoryError")


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
async def test_what_is_written_in_place_of_the_verdict_takes_no_memory(new_validator: Validator) -> None:
    # Any file descriptor may be written to, that of the verdict included.
    text = (
        "import os\n"
        "for fd in range(3, 20):\n"
        "    try:\n"
        "        for _ in range(10_000): os.write(fd, b'\\x7f' * 65536)\n"
        "    except OSError: pass\n"
    )
    await new_validator.validate(source_of(HEAD + text + CONTROLLER))
    server = new_validator._server
    assert server is not None
    assert peak_bytes(server.pid) < 200 * 2**20
    assert (await new_validator.validate(source_of(HEAD + CONTROLLER))).ok


async def test_processes_that_an_import_leaves_behind_are_ended(
    short_deadline_validator: Validator, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    text = HEAD + (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(pid_file)!r}) or not open({str(pid_file)!r}).read(): time.sleep(0.01)\n"
    )
    await short_deadline_validator.validate(source_of(text + CONTROLLER))
    pid = int(pid_file.read_text())
    await eventually(lambda: not Path(f"/proc/{pid}").exists())


async def test_what_an_installed_library_registers_while_it_is_imported_is_not_the_plugins(
    validator: Validator,
) -> None:
    verdict = await validator.validate(source_of(HEAD + "import multiprocessing.util\n" + CONTROLLER))
    assert verdict.leftovers == []
    late = "import multiprocessing.pool\nimport atexit\n@atexit.register\ndef end(): ...\n"
    verdict = await validator.validate(source_of(HEAD + late + CONTROLLER))
    assert verdict.leftovers == ["registers 1 atexit callback: use stop(ctx)"]


async def test_a_plugin_that_kills_the_trial_process_is_refused_and_others_pass(validator: Validator) -> None:
    kill = HEAD + "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + CONTROLLER
    assert (await validator.validate(source_of(kill))).reason == "its import ended the trial process itself"
    assert (await validator.validate(source_of(HEAD + CONTROLLER))).ok


LEFTOVERS = [
    (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True, name='mine').start()",
        "mine",
    ),
    ("import atexit\natexit.register(print)", "atexit"),
    ("import os\nos.environ['MINE'] = '1'", "MINE"),
    ("import logging\nlogging.getLogger('x').addHandler(logging.StreamHandler())", "logging handlers (x)"),
]


@pytest.mark.parametrize(("text", "named"), LEFTOVERS, ids=[each[1] for each in LEFTOVERS])
async def test_what_an_import_leaves_behind_is_named(validator: Validator, text: str, named: str) -> None:
    verdict = await validator.validate(source_of(HEAD + text + "\n" + CONTROLLER))
    assert verdict.ok
    assert named in " ".join(verdict.leftovers)


HARM = [
    ("import sys\nsys.path.insert(0, '/mine')", "sys.path ('/mine')"),
    ("import os\nos.chdir('/')", "working directory"),
    ("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)", "signal only works in main thread"),
    ("import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (8, 64))", "RLIMIT_NOFILE"),
]


@pytest.mark.parametrize(("text", "named"), HARM, ids=[each[1] for each in HARM])
async def test_what_would_harm_the_operator_is_refused(validator: Validator, text: str, named: str) -> None:
    verdict = await validator.validate(source_of(HEAD + text + "\n" + CONTROLLER))
    assert named in verdict.reason


async def test_a_hanging_trial_delays_no_other(short_deadline_validator: Validator) -> None:
    await short_deadline_validator.warm()
    hang = asyncio.create_task(short_deadline_validator.validate(source_of(HEAD + "while True: pass\n")))
    await asyncio.sleep(0)
    assert (await short_deadline_validator.validate(source_of(HEAD + CONTROLLER))).ok
    assert not hang.done()
    assert not (await hang).ok


async def test_the_trial_process_ends_when_it_is_idle() -> None:
    validator = Validator(clock=SystemClock(), deadline_seconds=10, idle_seconds=0.2)
    try:
        await validator.validate(source_of(HEAD + CONTROLLER))
        server = validator._server
        assert server is not None
        await eventually(lambda: not server.is_alive)
        with pytest.raises(ProcessLookupError):
            os.kill(server.pid, 0)
    finally:
        await validator.stop(5)


async def lasts(validator: Validator, clock: VirtualClock, seconds: float) -> None:
    """Start a trial process and check how long it stays."""
    await validator.warm()
    server = validator._server
    assert server is not None
    await clock.advance(seconds - 0.1)
    assert server.is_alive
    await clock.advance(0.2)
    await eventually(lambda: not server.is_alive)


async def test_the_trial_process_of_the_start_ends_sooner_than_that_of_an_edit() -> None:
    clock = VirtualClock()
    validator = Validator(clock=clock, deadline_seconds=10)
    try:
        await lasts(validator, clock, FIRST_IDLE_SECONDS)
        await lasts(validator, clock, IDLE_SECONDS)
    finally:
        await validator.stop(5)


async def test_a_missing_requirement_is_told_before_anything_runs(validator: Validator) -> None:
    block = "# /// script\n# dependencies = ['no-such-thing>=1']\n# ///\n"
    verdict = await validator.validate(source_of(block + HEAD + "raise SystemExit(1)\n"))
    assert "needs 'no-such-thing>=1', which is not installed" in verdict.reason
    assert (verdict.path, verdict.line) == ("/plugins/one.py", 2)


async def test_the_trial_process_imports_nothing_from_the_working_directory(
    new_validator: Validator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("open('ran', 'w').close()\nfrom _json import *\n")
    monkeypatch.chdir(tmp_path)
    await new_validator.validate(source_of(HEAD + CONTROLLER))
    assert not (tmp_path / "ran").exists()
