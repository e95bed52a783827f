"""SIGSTOP and SIGKILL to the processes that try and parse plugins: all waits end, and nothing is left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from plugin_operator.clock import SystemClock
from plugin_operator.hosting.inspection import inspector, parser
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import PluginSource, Snapshot, digest_of
from plugin_operator.hosting.validation import validator
from plugin_operator.hosting.validation.validator import Validator
from plugin_operator.tasks import start_task
from plugin_operator.testing.eventually import eventually
from tests.compiling import compiled

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"
IMPORTS = "import os, signal, time\nfrom pathlib import Path\n"
FOR_EVER = "while True: time.sleep(60)\n"


def source_of(text: str) -> PluginSource:
    files = {"one.py": text.encode()}
    return PluginSource("one", "/plugins/one.py", files, digest_of(files), root="/plugins", code=compiled(files))


def state_of(pid: int) -> str:
    """Return the letter that the kernel has for a process; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_gone(pid: int) -> bool:
    return state_of(pid) in {"", "Z"}


@pytest.fixture
async def trials(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Validator]:
    """Trials whose process is up, with deadlines for imports that tests can afford."""
    made = Validator(clock=SystemClock(), deadline_seconds=1.0)
    await passes(made)
    yield made
    await made.stop(5)


@pytest.fixture
def short_trial_deadlines(trials: Validator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a trial process for hung that does not answer for two seconds."""
    monkeypatch.setattr(validator, "_START_SECONDS", 0.8)
    monkeypatch.setattr(validator, "_GRACE_SECONDS", 0.2)


async def passes(trials: Validator) -> None:
    """Wait until a good plugin passes; on a machine that has other work, its deadline may pass as well."""

    async def is_ok() -> bool:
        return (await trials.validate(source_of(PLUGIN))).ok

    await eventually(is_ok, timeout_seconds=30)


def server_of(trials: Validator) -> int:
    assert trials._server is not None
    return trials._server.pid


@pytest.fixture
def noting(tmp_path: Path) -> Callable[[str], tuple[str, Callable[[], list[int]]]]:
    """Return a plugin that notes its process and then does something, and what reads the processes noted."""

    def make(text: str) -> tuple[str, Callable[[], list[int]]]:
        file = tmp_path / "pids"
        note = f"def note(): open({str(file)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        return f"{IMPORTS}{note}note()\n{text}{PLUGIN}", lambda: [int(each) for each in file.read_text().split()]

    return make


STOPS = {
    "itself": "os.kill(os.getpid(), signal.SIGSTOP)\n",
    "its group": "os.killpg(0, signal.SIGSTOP)\n",
    "a child": f"if not os.fork():\n    note(); os.kill(os.getpid(), signal.SIGSTOP)\n{FOR_EVER}",
    "a child of its own session": (
        f"if not os.fork():\n    os.setsid(); note(); os.kill(os.getpid(), signal.SIGSTOP)\n{FOR_EVER}"
    ),
}


@pytest.mark.parametrize("what", STOPS)
async def test_an_import_that_stops_processes_of_its_trial_is_ended_with_them_at_the_deadline(
    trials: Validator, noting: Callable[[str], tuple[str, Callable[[], list[int]]]], what: str
) -> None:
    server = server_of(trials)
    text, pids = noting(STOPS[what])
    assert "did not end within 1 s" in (await trials.validate(source_of(text))).reason
    await eventually(lambda: all(map(is_gone, pids())))
    await passes(trials)
    assert server_of(trials) == server


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGKILL], ids=["stops", "kills"])
@pytest.mark.usefixtures("short_trial_deadlines")
async def test_an_import_that_takes_the_trial_process_away_is_refused_and_goes_with_it(
    trials: Validator, noting: Callable[[str], tuple[str, Callable[[], list[int]]]], number: signal.Signals
) -> None:
    server = server_of(trials)
    text, pids = noting(f"os.kill(os.getppid(), signal.{number.name})\n{FOR_EVER}")
    verdict = await trials.validate(source_of(text))
    assert verdict.reason == "its import ended the trial process itself"
    await eventually(lambda: all(map(is_gone, [server, *pids()])))
    await passes(trials)


@pytest.mark.usefixtures("short_trial_deadlines")
async def test_a_trial_process_that_was_stopped_is_replaced_and_the_plugin_passes(trials: Validator) -> None:
    server = server_of(trials)
    os.kill(server, signal.SIGSTOP)
    await passes(trials)
    assert is_gone(server)


async def test_a_trial_process_that_goes_on_in_time_is_kept(trials: Validator) -> None:
    server = server_of(trials)
    os.kill(server, signal.SIGSTOP)
    SystemClock().call_later(0.3, lambda: os.kill(server, signal.SIGCONT))
    await passes(trials)
    assert server_of(trials) == server


async def test_a_stop_ends_a_stopped_trial_process_and_the_import_in_it(
    trials: Validator, noting: Callable[[str], tuple[str, Callable[[], list[int]]]], tmp_path: Path
) -> None:
    server = server_of(trials)
    text, pids = noting(f"os.kill(os.getppid(), signal.SIGSTOP)\n{FOR_EVER}")
    trial = start_task(trials.validate(source_of(text)), "trial")
    await eventually(lambda: (tmp_path / "pids").exists() and state_of(server) == "T")
    await trials.stop(1)
    await eventually(lambda: all(map(is_gone, [server, *pids()])))
    trial.cancel()


async def test_an_operator_that_is_killed_leaves_no_trial_behind(
    noting: Callable[[str], tuple[str, Callable[[], list[int]]]], tmp_path: Path
) -> None:
    text, pids = noting(FOR_EVER)
    (tmp_path / "text").write_text(text)
    program = (
        "import asyncio, pathlib\n"
        "from plugin_operator.clock import SystemClock\n"
        "from plugin_operator.hosting.validation.validator import Validator\n"
        "from tests.integration.hosting.test_stopped_processes import source_of\n"
        f"text = pathlib.Path({str(tmp_path / 'text')!r}).read_text()\n"
        "asyncio.run(Validator(clock=SystemClock(), deadline_seconds=60).validate(source_of(text)))\n"
    )
    operator = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=Path(__file__).parents[3])
    try:
        await eventually(lambda: (tmp_path / "pids").exists() and pids() != [], timeout_seconds=30)
    finally:
        operator.kill()
        await operator.wait()
    await eventually(lambda: all(map(is_gone, pids())))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "plugins"
    made.mkdir()
    (made / "good.py").write_text(PLUGIN)
    return made


def final(scanner: Scanner) -> Snapshot:
    """Look until nothing is pending any more."""
    for _ in range(100):
        found = scanner.scan()
        if not found.pending:
            return found
    raise AssertionError("still pending")


def parsers() -> list[int]:
    """Return the processes of this one that parse."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid() and b"parser.py" in command:
            found.append(int(folder.name))
    return found


def test_a_process_that_parses_and_was_stopped_is_replaced_and_no_file_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspector, "_DEADLINE_SECONDS", 0.5)
    monkeypatch.setattr(inspector, "_IDLE_SECONDS", 60.0)
    scanner = Scanner(root)
    before = set(parsers())
    assert set(final(scanner).sources) == {"good"}
    (stopped,) = set(parsers()) - before
    os.kill(stopped, signal.SIGSTOP)
    (root / "more.py").write_text(PLUGIN + "# more\n")
    found = final(scanner)
    assert set(found.sources) == {"good", "more"}
    assert found.rejections == {}
    assert stopped not in parsers()
    for each in set(parsers()) - before:
        os.kill(each, signal.SIGKILL)


def test_a_parser_that_is_stopped_with_each_file_refuses_these_and_holds_up_no_other(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files in the lane of the large ones never get an answer; small ones do meanwhile."""
    program = tmp_path / "parser.py"
    assert parser.__file__ is not None
    real = Path(parser.__file__).read_text()
    stop = "if len(content) > 65536: os.kill(os.getpid(), signal.SIGSTOP)\n        "
    program.write_text(
        real.replace("_limit_processor(processor_seconds)\n", f"{stop}_limit_processor(processor_seconds)\n")
    )
    monkeypatch.setattr(parser, "__file__", str(program))
    monkeypatch.setattr(inspector, "_DEADLINE_SECONDS", 1.0)
    (root / "large.py").write_text("#" * 900_000)
    scanner = Scanner(root, patience_seconds=0.5)
    found = scanner.scan()
    assert found.pending == {"large"}
    assert found.rejections == {}
    assert "good" in found.sources
    while found.pending:
        found = scanner.scan()
    assert set(found.rejections) == {"large"}
    assert "SIGKILL" in found.rejections["large"].reason
