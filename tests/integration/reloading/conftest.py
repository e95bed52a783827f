"""All cases of reloads are in this folder. To add one, write a test in the module of its subject, with a fixture below.

- ``case``: a plugin under edit in an operator under load, one for all cases of a module. It checks after each test that
  no change was lost and no other plugin was reloaded: ``await case.save("v1")``, then edit and assert.
- ``harness``: a host of the test's own without load, where single steps matter, in ``test_reload_step_by_step.py``.

Each case has a row in the table of docs/reloading.md; a house test compares them.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from plugin_operator.hosting import PluginHost, PluginStatus
from plugin_operator.testing.eventually import eventually
from tests.host_harness import harness, make_harness, plugin_text, short_deadlines
from tests.integration.reloading.loaded_operator import WAIT_SECONDS, LoadedOperator, plugin, put

__all__ = ["harness", "make_harness", "plugin_text", "short_deadlines"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LoadedOperator]:
    async with LoadedOperator.started(tmp_path_factory.mktemp("operator") / "plugins") as operator:
        yield operator


class Case:
    """A plugin under edit in a running operator.

    Attributes:
        judged: controllers that must have seen every object at its last value in the end.
    """

    def __init__(self, operator: LoadedOperator, scratch: Path, title: str) -> None:
        self.operator = operator
        self.host = operator.host
        self.root = operator.root
        self.scratch = scratch
        self.name = operator.new_name()
        self.judged = {self.name}
        self.title = title
        self.is_judged = False

    @property
    def path(self) -> Path:
        return self.root / f"{self.name}.py"

    def text(self, version: str, **how: str) -> str:
        return plugin(version, how.pop("name", self.name), **how)

    async def save(self, version: str, **how: str) -> None:
        """Put a version of the plugin in place and wait until it reconciles."""
        put(self.path, self.text(version, **how))
        await self.ran(version)

    async def save_at(self, path: Path, version: str) -> None:
        """Like ``save``, for a plugin that lies elsewhere."""
        put(path, self.text(version))
        await self.ran(version)

    def put(self, name: str, text: str | bytes) -> Path:
        return put(self.root / name, text)

    def count(self, version: str, name: str = "") -> int:
        return self.operator.ledger.versions[name or self.name][version]

    def keys(self, version: str, name: str = "") -> set[str]:
        return self.operator.ledger.keys[name or self.name, version]

    async def ran(self, version: str, name: str = "", more: int = 0) -> None:
        await eventually(lambda: self.count(version, name) > more, timeout_seconds=WAIT_SECONDS)

    async def goes_on(self, version: str, name: str = "", rounds: int = 50) -> None:
        """Wait until a version has reconciled some more."""
        await self.ran(version, name, self.count(version, name) + rounds)

    def knows(self, name: str = "") -> bool:
        """Return whether the host has a plugin of that name."""
        return any(each.name == (name or self.name) for each in self.host.status())

    def status(self, name: str = "") -> PluginStatus:
        """Return the status of a plugin; one that the host does not have fails the test."""
        found = next((each for each in self.host.status() if each.name == (name or self.name)), None)
        assert found is not None, f"the host has no plugin {name or 'of that name'}"
        return found

    async def state(self, state: str, name: str = "") -> PluginStatus:
        def reached() -> PluginStatus:
            status = self.status(name)
            assert status.state == state
            return status

        try:
            return await eventually(reached, timeout_seconds=WAIT_SECONDS)
        except AssertionError:
            raise AssertionError(
                f"{name or self.name} is not {state} but {self.status(name) if self.knows(name) else 'gone'}"
            ) from None

    async def gone(self, name: str = "") -> None:
        await eventually(lambda: not self.knows(name), timeout_seconds=WAIT_SECONDS)

    async def judge(self) -> None:
        """End the load and judge the case, once."""
        if not self.is_judged:
            self.is_judged = True
            await self.operator.judge(self.title, self.judged)

    @contextlib.asynccontextmanager
    async def own_host(self, root: Path, **how: Any) -> AsyncIterator[PluginHost]:
        """A host for a directory of this case alone; ``status`` and ``state`` are about it."""
        shared, self.host = self.host, self.operator.make_host(root, **how)
        self.root = root
        await self.host.start()
        self.host.lead()
        try:
            yield self.host
        finally:
            await self.judge()
            await self.host.stop(5)
            self.host = shared


@pytest_asyncio.fixture(loop_scope="module")
async def case(operator: LoadedOperator, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """A case: the load runs during the test, and what it did is judged afterwards."""
    case = Case(operator, tmp_path, request.node.name)
    before = set(operator.root.iterdir())
    operator.ledger.start_case()
    operator.load.go()
    yield case
    try:
        await case.judge()
    finally:
        await operator.load.hold()
        for path in set(operator.root.iterdir()) - before:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        operator.ledger.doubled.clear()
        await asyncio.sleep(0)
