"""pytest fixtures for plugin authors; pytest finds them by itself once this package is installed.

Owns the fixture ``plugin_harness`` and the running of async tests that take it. pytest imports this module in every run
of every project in the environment, so it imports nothing of the operator before a test asks for it.
"""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugin_operator.testing.harness import PluginHarness

_FIXTURE = "plugin_harness"


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test that takes the fixture, on an event loop of its own.

    The harness works on an event loop only, so such a test needs one in every project. Plugins for async tests come
    first: what pytest-asyncio or anyio takes is none of ours.
    """
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or _FIXTURE not in pyfuncitem.fixturenames:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture
def plugin_harness() -> "Callable[..., PluginHarness]":
    """Return what makes a harness around plugin files.

    Example:
        async def test_it(plugin_harness):
            async with plugin_harness("plugins/configmap.py") as harness: ...
    """
    from plugin_operator.testing.harness import PluginHarness

    def make(*plugins: str | Path, timeout_seconds: float = 30.0) -> PluginHarness:
        return PluginHarness(*plugins, timeout_seconds=timeout_seconds)

    return make
