"""Twenty reloads while objects change without a pause: no key is lost, none is run by two revisions at once."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

OBJECTS = 40
RELOADS = 20
CHANGES_PER_RELOAD = 25
WRITERS = 4

BODY = """
obj = ctx.lister.get(request)
n = obj['data']['n'] if obj else ''
await asyncio.sleep(0.002)
ctx.recorder.event({}, 'Normal', 'end', f'{request.name} VERSION {n}')
"""


class Load:
    """Writers that change objects in turn, each change with a higher number."""

    def __init__(self, harness: HostHarness) -> None:
        self._harness = harness
        self.latest: dict[str, Any] = {}
        self.changes = 0
        self.over = False

    async def write(self, names: list[str]) -> None:
        while not self.over:
            for name in names:
                self.changes += 1
                self.latest[name] = str(self.changes)
                await self._harness.change(name, self.changes)


def check_that_no_key_ran_twice_at_once(lines: list[tuple[str, str, str]], name: str) -> None:
    running: dict[str, str] = {}
    for component, reason, message in lines:
        if component != name:
            continue
        key = message.split()[0]
        if reason == "end":
            assert running.pop(key).split("@")[0] == message.split()[1]
        else:
            assert key not in running, f"{key} was run by {running[key]} and by {reason}"
            running[key] = reason


async def test_twenty_reloads_under_load_lose_no_key_and_never_run_one_twice(
    harness: HostHarness, plugin_text: Callable[..., Any]
) -> None:
    names = [f"obj{number}" for number in range(OBJECTS)]
    for name in names:
        await harness.create(name, n="0")

    def text(version: str, name: str) -> str:
        body = BODY.replace("VERSION", version)
        found: str = plugin_text(version, name=name, body=body, options=", max_concurrent_reconciles=8")
        return found

    harness.write("one.py", text("V0", "one"))
    harness.write("two.py", text("T", "two"))
    await harness.state("Active")
    await harness.state("Active", "two")
    load = Load(harness)
    writers = [asyncio.create_task(load.write(names[number::WRITERS])) for number in range(WRITERS)]
    for number in range(1, RELOADS + 1):
        harness.write("one.py", text(f"V{number}", "one"))
        await eventually(
            partial(lambda version: version in harness.journal.reasons("one")[-200:], f"V{number}"), timeout_seconds=30
        )
        enough = number * CHANGES_PER_RELOAD
        await eventually(partial(lambda enough: load.changes >= enough, enough), timeout_seconds=30)
    load.over = True
    await asyncio.gather(*writers)

    def all_seen(component: str, version: str) -> bool:
        ended = set(harness.journal.messages(component, "end"))
        return all(f"{name} {version} {load.latest[name]}" in ended for name in names)

    await eventually(lambda: all_seen("one", f"V{RELOADS}"), timeout_seconds=30)
    await eventually(lambda: all_seen("two", "T"), timeout_seconds=30)
    for component in ("one", "two"):
        check_that_no_key_ran_twice_at_once(harness.journal.lines, component)
    assert set(harness.journal.reasons("two")) == {"T", "end"}
    assert harness.status("two").reloads == 1
