"""pytest plugin for plugin authors, which pytest discovers once this package is installed.

Owns the fixtures ``plugin_harness`` and ``scenario``, running async tests that use this package, masking Secret data in
reports, and failing tests whose plugins lack a permission. Leaves recording calls to ``recording_plugin``. pytest
imports this module in every run of every project in the environment, so it imports the operator only when a test uses
it.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plugin_operator.testing.harness import PluginHarness
    from plugin_operator.testing.scenarios.scenario_run import Scenario

pytest_plugins = ("plugin_operator.testing.recording_plugin",)

_FIXTURES = frozenset({"plugin_harness", "scenario"})
_PACKAGE = "plugin_operator.testing"
_SECRECY = "plugin_operator.testing.secret_masking"
_FAKES = "plugin_operator.testing.permissions.fake_calls"
#: Modules that a test with plugins has imported.
_USERS = frozenset({_FAKES, "plugin_operator.testing.engine"})
# Base class of pytest's representation of exceptions, which has no public name.
_RENDERED = "TerminalRepr"


@pytest.hookimpl
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an async test that uses a fixture of this package on a new event loop, or whose module imports from it.

    So the package works in projects without a plugin for async tests. If pytest-asyncio or anyio handles the test, they
    come first.
    """
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or not _uses_package(pyfuncitem):
        return None
    # Of a parameter with a default, pytest makes no argument.
    names = inspect.signature(pyfuncitem.obj).parameters.keys() & pyfuncitem.funcargs.keys()
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


def _uses_package(test: pytest.Function) -> bool:
    if not _FIXTURES.isdisjoint(test.fixturenames):
        return True
    return any(_home(each).startswith(_PACKAGE) for each in vars(test.module).values())


def _home(value: object) -> str:
    """Return the module of a function or class, or a module's own name; empty for all other values."""
    if inspect.isfunction(value) or isinstance(value, type):
        return str(value.__module__)
    return value.__name__ if inspect.ismodule(value) else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Fail a test in which a plugin with a ``fake_context`` made a call that no rule of it allows."""
    return (yield from _allowed())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Fail a test whose fixtures end with such a call."""
    return (yield from _allowed())


def _allowed() -> Generator[None, object, object]:
    try:
        result = yield
    except BaseException as error:
        if message := _unallowed():
            error.add_note(message)
        raise
    if message := _unallowed():
        pytest.fail(message, pytrace=False)
    return result


def _unallowed() -> str:
    """Return what fake contexts have denied since the last call; empty if nothing."""
    return str(sys.modules[_FAKES].take_message()) if _FAKES in sys.modules else ""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report a failure with the fix if one is known, without the inside of the operator and without Secret data."""
    if call.excinfo is not None and not _USERS.isdisjoint(sys.modules):
        _add_hint(call.excinfo.value)
        call.excinfo = _without_inside(call.excinfo, item.config)
    report = yield
    if _SECRECY in sys.modules:
        mask = sys.modules[_SECRECY].SECRETS.mask
        report.longrepr = _masked(report.longrepr, mask)
        report.sections = _masked(report.sections, mask)
        if hasattr(report, "wasxfail"):
            report.wasxfail = mask(report.wasxfail)
    return report


def _add_hint(error: BaseException) -> None:
    from plugin_operator.testing.reports.call_hints import hint_for_test

    if hint := hint_for_test(error):
        error.add_note(hint)


def _without_inside(
    excinfo: pytest.ExceptionInfo[BaseException], config: pytest.Config
) -> pytest.ExceptionInfo[BaseException]:
    """Return a failure without the frames of the operator, unless an option asks for them."""
    from plugin_operator.testing.reports import tracebacks

    wants_all = config.getoption("fulltrace", default=False) or config.getoption("usepdb", default=False)
    if wants_all or tracebacks.is_developed_in(config.rootpath):
        return excinfo
    tracebacks.cut(excinfo.value)
    return pytest.ExceptionInfo.from_exception(excinfo.value)


def _masked(value: Any, mask: Callable[[str], str]) -> Any:
    """Return ``value`` with all texts masked; objects of pytest are changed in place."""
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
    """Return a factory of ``PluginHarness``. pytest discovers this fixture once the package is installed.

    The factory takes the arguments of ``PluginHarness``: files and folders, ``timeout_seconds=``,
    ``check_permissions=`` and ``check_fields=``. A relative path starts at the folder of the calling file, or at the
    working directory if it leads nowhere there. An ``async def`` test with this fixture runs on a new event loop,
    unless pytest-asyncio or anyio handles it. Raises nothing itself.

    Example:
        async def test_it(plugin_harness):
            async with plugin_harness("plugins/configmap.py") as harness:
                ...
    """
    from plugin_operator.testing.harness import PluginHarness
    from plugin_operator.testing.scenarios.seeds import place

    def make(
        *plugins: str | Path,
        timeout_seconds: float = 30.0,
        check_permissions: bool = True,
        check_fields: bool = True,
    ) -> PluginHarness:
        base = Path(sys._getframe(1).f_code.co_filename).parent  # noqa: SLF001 - the documented way to find the caller
        placed = [place(each, base) for each in plugins]
        return PluginHarness(
            *placed,
            timeout_seconds=timeout_seconds,
            check_permissions=check_permissions,
            check_fields=check_fields,
        )

    make.__qualname__ = PluginHarness.__qualname__  # messages of Python about a wrong call show it
    return make


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> "Callable[..., Scenario]":
    """Return the function ``scenario``, with relative paths that start at the folder of the test's file.

    An ``async def`` test with this fixture runs on a new event loop, unless pytest-asyncio or anyio handles it. Raises
    nothing itself.

    Example:
        async def test_it(scenario):
            async with scenario("plugins/configmap.py", objects=["hello.yaml"]) as s:
                ...
    """
    from plugin_operator.testing.scenarios.scenario_setup import scenario_in

    return partial(scenario_in, request.path.parent)
