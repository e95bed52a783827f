"""A trial takes no more memory than half of what is left: the operator, which imports it next, needs the rest."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from plugin_operator.hosting.validation import trial_memory
from plugin_operator.hosting.validation.protocol import Frames, TrialRequest, Verdict, frame
from tests.compiling import compiled

MIB = 2**20
SERVER = (
    "from plugin_operator.hosting.validation.forkserver import TrialServer; "
    "TrialServer(0, 1, room=lambda: 40 * 2**20).run()"
)
PLUGIN = """
from plugin_operator import controller
BALLAST = b"x" * (SIZE * 2**20)
@controller(for_="v1/ConfigMap")
async def one(ctx, request): ...
"""


def tried(files: dict[str, bytes]) -> Verdict:
    """Return the verdict of a trial process in which imports have room for 40 MiB."""
    request = TrialRequest(1, "one", "/plugins/one.py", "/plugins", "abc", files, compiled(files), 20.0)
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(frame(request))
        server.stdin.flush()
        frames = Frames()
        answers: list[bytes] = []
        while not answers and (data := os.read(server.stdout.fileno(), 65536)):
            answers = list(frames.feed(data))
        server.stdin.close()
    return msgspec.msgpack.decode(answers[0], type=Verdict)


@pytest.mark.parametrize(
    ("groups", "available", "room"),
    [
        ({"memory.max": "500", "memory.current": "200", "memory.stat": "inactive_file 100"}, 9000, 200),
        ({"memory.max": "500", "memory.current": "200", "memory.stat": ""}, 250, 125),
        ({"memory.max": "max", "memory.current": "200", "memory.stat": ""}, 900, 450),
        ({"memory/memory.limit_in_bytes": "500", "memory/memory.usage_in_bytes": "300",
          "memory/memory.stat": "total_inactive_file 100"}, 9000, 150),
        ({"memory/memory.limit_in_bytes": "8796093022207", "memory/memory.usage_in_bytes": "300",
          "memory/memory.stat": ""}, 900, 450),
        ({"memory.max": "500", "memory.current": "499", "memory.stat": ""}, 9000, trial_memory.LEAST_BYTES // MIB),
        ({}, 900, 450),
        ({}, None, None),
        ({"memory.max": "nonsense", "memory.current": "1", "memory.stat": ""}, None, None),
    ],
)  # fmt: skip
def test_half_of_what_is_left_is_for_a_trial(
    tmp_path: Path, groups: dict[str, str], available: int | None, room: int | None
) -> None:
    for name, text in groups.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        words = (str(int(word) * MIB) if word.isdigit() else word for word in text.split(" "))
        path.write_text(" ".join(words))
    machine = tmp_path / "meminfo"
    if available is not None:
        machine.write_text(f"MemTotal: 1 kB\nMemAvailable: {available * 1024} kB\n")
    found = trial_memory.room_bytes(tmp_path, machine)
    assert found == (None if room is None else room * MIB)


def test_a_process_that_is_gone_takes_nothing() -> None:
    assert trial_memory.private_bytes(2**22 + 1) == 0


@pytest.mark.parametrize(("size", "passes"), [(5, True), (400, False)])
def test_an_import_that_takes_more_than_there_is_room_for_is_ended_and_told(size: int, passes: bool) -> None:
    verdict = tried({"one.py": PLUGIN.replace("SIZE", str(size)).encode()})
    assert verdict.ok == passes, verdict
    assert verdict.is_passing == (not passes)
    assert ("its import takes more than 40 MiB of memory" in verdict.reason) == (not passes)
