"""pytest fixtures for plugin authors; pytest finds them by itself once this package is installed.

Owns the fixture ``plugin_harness``, the running of async tests that take it, and reports without data of Secrets.
pytest imports this module in every run of every project in the environment, so it imports nothing of the operator
before a test asks for it.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plugin_operator.testing.harness import PluginHarness

_FIXTURE = "plugin_harness"
_SECRECY = "plugin_operator.testing.secret_masking"
# What pytest makes of an exception is a tree of objects of classes below this one, which has no public home.
_RENDERED = "TerminalRepr"


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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Mask the data of Secrets in what a test failed with, its variables, and what it wrote and logged."""
    report = yield
    if _SECRECY in sys.modules:
        mask = sys.modules[_SECRECY].SECRETS.mask
        report.longrepr = _masked(report.longrepr, mask)
        report.sections = _masked(report.sections, mask)
        if hasattr(report, "wasxfail"):
            report.wasxfail = mask(report.wasxfail)
    return report


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Return ``value`` with every text in it masked; pytest's own objects are changed in place."""
    if isinstance(value, str):
        return mask(value)
    if type(value) in {list, tuple}:
        return type(value)(_masked(each, mask) for each in value)
    if any(each.__name__ == _RENDERED for each in type(value).__mro__):
        for name, held in vars(value).items():
            setattr(value, name, _masked(held, mask))
    return value


@pytest.fixture
def plugin_harness() -> "Callable[..., PluginHarness]":
    """Return what makes a ``PluginHarness`` around plugin files. pytest finds this fixture by itself.

    It is called as ``PluginHarness`` is: with files and folders, and ``timeout_seconds=``. An ``async def`` test that
    takes it runs on an event loop of its own, unless pytest-asyncio or anyio takes the test. Raises nothing itself.

    Example:
        async def test_it(plugin_harness):
            async with plugin_harness("plugins/configmap.py") as harness:
                ...
    """
    from plugin_operator.testing.harness import PluginHarness

    def make(*plugins: str | Path, timeout_seconds: float = 30.0) -> PluginHarness:
        return PluginHarness(*plugins, timeout_seconds=timeout_seconds)

    return make
