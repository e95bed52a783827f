"""What a reload leaves in memory while objects change: nothing."""

import gc
import os
import sys
import weakref
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from plugin_operator.client import Connection, ConnectionConfig
from plugin_operator.hosting import PluginSource
from plugin_operator.hosting.validation.protocol import Verdict
from plugin_operator.metrics import Metrics
from plugin_operator.testing.eventually import eventually
from tests.integration.reloading.loaded_operator import Ledger, LoadedOperator, LoadProcess, plugin, put

RELOADS = int(os.environ.get("RELOADS", "40"))
# The scanner remembers the last 512 contents; before that its memory fills.
SETTLED = 600
# Objects are counted exactly; pages come and go with the load, and a revision that stays takes five times as much.
MOST_BYTES_PER_RELOAD = 8000
MOST_OBJECTS = 500


class Forgetful(Ledger):
    """A recorder that writes nothing down: what grows is the operator's."""

    def note(self, controller: str, version: str, message: str, data: dict[str, str]) -> None:
        pass


class Sentinel:
    """Lives as long as the globals of a revision."""


@pytest.fixture
async def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LoadedOperator]:
    async with LoadProcess.started() as load:
        config = ConnectionConfig.for_endpoint(load.url, token="", ca_pem="")
        async with Connection.open(config, Metrics()) as connection:
            operator = LoadedOperator(connection, load, tmp_path, Forgetful())
            monkeypatch.setattr(operator.host._builder.validator, "validate", passes)  # a trial leaves nothing here
            put(tmp_path / "edited.py", plugin("v0", "edited"))
            await operator.host.start()
            operator.host.lead()
            await eventually(lambda: operator.active("edited"), timeout_seconds=40)
            load.go()
            yield operator
            await operator.host.stop(5)
            await operator.factory.stop()


async def passes(_source: PluginSource) -> Verdict:
    return Verdict()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.timeout(60 + RELOADS)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
async def test_old_revisions_are_collected_and_memory_stays_flat(operator: LoadedOperator) -> None:
    sentinels: list[weakref.ref[Sentinel]] = []
    measured: list[tuple[int, int]] = []

    def reloads() -> int:
        (plugin_now,) = operator.host.status()
        return plugin_now.reloads

    def alive() -> int:
        gc.collect()
        return sum(each() is not None for each in sentinels)

    for number in range(1, RELOADS + 1):
        put(operator.root / "edited.py", plugin(f"v{number}", "edited"))
        await eventually(partial(lambda number: reloads() > number, number), timeout_seconds=40)
        runtime = operator.host._supervisors["edited"].runtime
        assert runtime is not None
        sentinel = vars(runtime.revision.module)["SENTINEL"] = Sentinel()
        sentinels.append(weakref.ref(sentinel))
        del sentinel, runtime
        if number in {SETTLED, RELOADS}:
            await eventually(lambda: alive() <= 2, timeout_seconds=20)
            sentinels.clear()
            measured.append((resident_bytes(), len(gc.get_objects())))
    if RELOADS <= SETTLED:
        return
    (bytes_before, objects_before), (bytes_after, objects_after) = measured
    kept = (bytes_after - bytes_before) / (RELOADS - SETTLED)
    sys.stdout.write(
        f"{RELOADS} reloads: each after the first {SETTLED} kept {kept:.0f} bytes; all of them together "
        f"{objects_after - objects_before} objects; the process holds {bytes_after / 2**20:.0f} MiB\n"
    )
    assert kept < MOST_BYTES_PER_RELOAD
    assert objects_after - objects_before < MOST_OBJECTS
