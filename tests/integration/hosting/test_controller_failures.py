"""What fails is shown from the first failure on, with the plugin's own line, whatever kind of error it is."""

import json
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from plugin_operator.app.reports.status_report import degraded_plugins, status_of
from plugin_operator.hosting.host import FAILING_OBJECTS
from plugin_operator.hosting.runtime.controller_failures import ControllerFailures
from plugin_operator.hosting.runtime.misbehavior import PLUGIN_MISBEHAVING, Misbehavior
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

pytestmark = pytest.mark.embedded_only("says the name of the namespace that the embedded server starts with")


async def failures(harness: HostHarness, objects: int) -> ControllerFailures:
    """Wait until so many objects fail, and return what is told of the controller."""

    def found() -> ControllerFailures | None:
        status = harness.status()
        if not status.failures or status.failures[0].objects != objects:
            return None
        return status.failures[0]

    return await eventually(found, timeout_seconds=20)


async def charged(harness: HostHarness) -> Misbehavior:
    """Look until the plugin is charged with failing, and return the charge."""

    def found() -> Misbehavior | None:
        harness.host.hint()
        return next((each for each in harness.status().charges if each.how == "fails"), None)

    return await eventually(found, timeout_seconds=20)


ERRORS = {
    "value": ("raise ValueError('no good')", "ValueError: no good"),
    "in a library": ("import json; json.loads('{')", "JSONDecodeError: Expecting property name"),
    "api": ("await ctx.client.get('v1/ConfigMap', 'none', 'default')", "NotFoundError: 404 NotFound"),
    "terminal": ("raise TerminalError('never')", "TerminalError: never"),
    "timeout": ("await asyncio.sleep(60)", "ReconcileTimeoutError: reconcile took longer"),
    "system exit": ("raise SystemExit(0)", "SystemExit: 0"),
}


@pytest.mark.parametrize("kind", ERRORS)
async def test_a_plugin_whose_only_object_fails_is_named_within_seconds_with_its_line(
    harness: HostHarness, plugin_text: Callable[..., str], kind: str
) -> None:
    body, error = ERRORS[kind]
    options = ", reconcile_timeout_seconds=0.2" if kind == "timeout" else ""
    await harness.create("a")
    path = harness.write("one.py", plugin_text("V1", body=body, options=options))
    line = path.read_text().splitlines().index(f"    {body}") + 1
    found = await failures(harness, 1)
    assert (found.controller, found.names) == ("one", ("default/a",))
    assert found.last is not None
    assert found.last.error.startswith(error)
    assert (found.last.what, found.last.place) == ("reconcile", f"{path}:{line}")
    charge = await charged(harness)
    assert charge.stack[0] == f"{path}:{line}"
    assert charge.detail.startswith(f"one: 1 object fails (default/a); last {error}")
    assert harness.status().state == "Active"


async def test_all_that_tells_of_a_failing_plugin_tells_the_same(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name in "abcde":
        await harness.create(name)
    path = harness.write("one.py", plugin_text("V1", body="raise ValueError('no good' + 'x' * 5000)"))
    await failures(harness, 5)
    await charged(harness)
    summary = harness.status().failure_summary
    assert summary.startswith("one: 5 objects fail (default/")
    assert ", …); last ValueError: no goodxxx" in summary
    assert f"({path}:" in summary
    assert len(summary) < 500
    intro = "(1 not running as it should, see /status): "
    assert degraded_plugins(harness.host).startswith(f"{intro}one: {summary}"[:200])
    shown = json.loads(json.dumps(status_of(
        harness.host, version="", server="", plugins_dir="", serial=None, leading=True, leader=""
    )))["plugins"][0]  # fmt: skip
    assert shown["failures"] == summary
    told = shown["controllerStatus"][0]["failures"]
    assert (told["objects"], told["keepsFailing"], told["last"]["places"][0][: len(str(path))]) == (5, True, str(path))
    assert dict(harness.metrics.family(FAILING_OBJECTS).collect()) == {("one", "one"): 5}


async def test_an_object_that_fails_among_many_that_do_not_is_shown_and_the_plugin_not_charged(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    for name in "abcde":
        await harness.create(name)
    harness.write("one.py", plugin_text("V1", body="if request.name == 'c': raise ValueError('no good')"))
    await harness.ran("V1", "e")
    found = await failures(harness, 1)
    await eventually(lambda: harness.journal.messages("one", "V1").count("c") > 5)
    for _ in range(5):
        harness.host.hint()
        await eventually(lambda: harness.host.is_settled)
    assert (found.names, harness.status().charges) == (("default/c",), ())


async def test_once_it_works_again_nothing_is_told_any_more(
    harness: HostHarness, plugin_text: Callable[..., str]
) -> None:
    head = "import os\nFAIL = [True]\n"
    body = "if FAIL and not (ctx.lister.get(request) or {}).get('data', {}).get('good'): raise ValueError('no good')"
    await harness.create("a")
    harness.write("one.py", plugin_text("V1", head=head, body=body))
    with capture_logs() as lines:
        await charged(harness)
        await harness.client.patch("v1/ConfigMap", "a", {"data": {"good": "yes"}}, "default")
        await failures(harness, 0)

        def is_quiet() -> bool:
            harness.host.hint()
            return harness.status().charges == () and not harness.status().failure_summary

        await eventually(is_quiet)
    assert [line["event"] for line in lines if line["event"].startswith("Plugin fails")] == [
        "Plugin fails most of the time"
    ]
    assert harness.metrics.family(PLUGIN_MISBEHAVING).values == {}


LOOKUP = "from plugin_operator import watch\ndef lookup(obj): raise KeyError('gone')\n"
CODE = {"predicate": ", predicates=[lookup]", "map": ", watches=[watch('v1/ConfigMap', map=lookup)]"}


@pytest.mark.parametrize("what", CODE)
async def test_a_predicate_or_map_function_that_raises_is_shown_with_its_line(
    harness: HostHarness, plugin_text: Callable[..., str], what: str
) -> None:
    for name in "abc":
        await harness.create(name)
    path = harness.write("one.py", plugin_text("V1", head=LOOKUP, options=CODE[what]))
    line = next(at for at, text in enumerate(path.read_text().splitlines(), 1) if "KeyError" in text)

    def shown() -> ControllerFailures | None:
        status = harness.status()
        return status.failures[0] if status.failures and status.failures[0].code >= 3 else None

    found = await eventually(shown, timeout_seconds=20)
    assert found.last is not None
    assert (found.last.what, found.last.error, found.last.place) == (what, "KeyError: 'gone'", f"{path}:{line}")
    assert f"last {what}: KeyError: 'gone' ({path}:{line})" in harness.status().failure_summary
    assert (await charged(harness)).stack[0] == f"{path}:{line}"
