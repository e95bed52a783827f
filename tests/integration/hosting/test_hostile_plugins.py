"""Whatever code of a plugin raises, wherever it runs, the other plugins on the same kind go on hearing."""

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from plugin_operator import logs
from plugin_operator.cache.handlers import HANDLER_ERRORS
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness
from tests.hostile import RAISES, indented

#: Where code of a plugin runs for each event or reconcile; ``{raises}`` is indented for the function's body.
PLACES = {
    "predicate": """
from plugin_operator import controller
def judge(obj):
{raises}
@controller(for_="v1/ConfigMap", name="hostile", predicates=[judge])
async def hostile(ctx, request): ...
""",
    "map": """
from plugin_operator import controller, watch
def follow(obj):
{raises}
@controller(for_="v1/Secret", name="hostile", watches=[watch("v1/ConfigMap", map=follow)])
async def hostile(ctx, request): ...
""",
    "map's iterable": """
from plugin_operator import controller, watch
def follow(obj):
    yield ("default", "one")
{raises}
@controller(for_="v1/Secret", name="hostile", watches=[watch("v1/ConfigMap", map=follow)])
async def hostile(ctx, request): ...
""",
    "reconcile": """
from plugin_operator import controller
@controller(for_="v1/ConfigMap", name="hostile")
async def hostile(ctx, request):
{raises}
""",
    "plain reconcile": """
from plugin_operator import controller
@controller(for_="v1/ConfigMap", name="hostile")
def hostile(ctx, request):
{raises}
""",
}

#: Where code of a plugin runs while it is loaded.
LOADING = {
    "import": "{raises}\n",
    "factory": "def new_controller():\n{raises}\n",
    "async factory": "async def new_controller():\n    import asyncio; await asyncio.sleep(0)\n{raises}\n",
    "constructor": """
from plugin_operator import controller
@controller(for_="v1/ConfigMap")
class Hostile:
    def __init__(self):
    {raises}
    async def reconcile(self, ctx, request): ...
""",
    "start": """
from plugin_operator import controller
@controller(for_="v1/ConfigMap")
class Hostile:
    async def start(self, ctx):
    {raises}
    async def reconcile(self, ctx, request): ...
""",
    "plain start": """
from plugin_operator import controller
@controller(for_="v1/ConfigMap")
class Hostile:
    def start(self, ctx):
    {raises}
    async def reconcile(self, ctx, request): ...
""",
}

#: Those that are slow to build or to log are drawn in one place only.
COSTLY = {"huge", "recursion"}


NAMESPACE = os.environ.get("TEST_NAMESPACE", "default")


def in_namespace(text: str) -> str:
    """Return a plugin that watches the namespace of the tests alone."""
    return text.replace('for_="v1/', f'namespaces=[{NAMESPACE!r}], for_="v1/')


@pytest.fixture(autouse=True)
def logs_of_production() -> None:
    """Log as the operator does, for rendering is part of what is tested."""
    logs.configure("json", "info", StringIO())


@pytest.fixture
async def harness_with_good_plugin(harness: HostHarness, plugin_text: Callable[..., str]) -> HostHarness:
    """A good plugin on the kind that the hostile ones watch."""
    harness.write("good.py", plugin_text("V1", name="good"))
    await harness.state("Active", "good")
    return harness


@pytest.mark.parametrize("place", PLACES)
async def test_a_plugin_that_raises_at_events_makes_nobody_else_deaf(
    harness_with_good_plugin: HostHarness, place: str
) -> None:
    names = {f"hostile{number}": raises for number, raises in enumerate(RAISES.values())}
    for name, raises in names.items():
        text = PLACES[place].replace('"hostile"', f'"{name}"')
        harness_with_good_plugin.write(f"{name}.py", in_namespace(text.format(raises=indented(raises, 4))))
    for name in names:
        await harness_with_good_plugin.state("Active", name)
    for number in range(5):
        await harness_with_good_plugin.create(f"seen-{number}")
        await harness_with_good_plugin.ran("V1", f"seen-{number}", "good")
    if place != "map's iterable":
        await eventually(lambda: all(_has_failed(harness_with_good_plugin, name) for name in names), timeout_seconds=20)
    for name in names:
        (harness_with_good_plugin.root / f"{name}.py").unlink()
    await eventually(lambda: all(not harness_with_good_plugin.knows(name) for name in names), timeout_seconds=20)
    await harness_with_good_plugin.create("after")
    await harness_with_good_plugin.ran("V1", "after", "good")


def _has_failed(harness: HostHarness, name: str) -> bool:
    failures = harness.status(name).failures
    return any(each.last is not None for each in failures)


@pytest.mark.parametrize("place", LOADING)
async def test_a_plugin_that_raises_while_it_is_loaded_is_rejected_with_the_reason(
    harness_with_good_plugin: HostHarness, place: str
) -> None:
    spaces = 4 if "{raises}" in LOADING[place].splitlines()[-1] or place.endswith("factory") else 8
    text = LOADING[place].replace("    {raises}", "{raises}")
    names = [f"hostile{number}" for number, name in enumerate(RAISES) if name not in COSTLY]
    for name, raises in zip(names, (RAISES[each] for each in RAISES if each not in COSTLY), strict=True):
        body = text.format(raises=indented(raises, 0 if place == "import" else spaces))
        harness_with_good_plugin.write(f"{name}.py", body.replace("class Hostile", f"class {name.capitalize()}"))
    for name in names:
        await harness_with_good_plugin.state("Rejected", name)
        assert harness_with_good_plugin.status(name).reason
        assert "interrupted" not in harness_with_good_plugin.status(name).reason
    await harness_with_good_plugin.create("after")
    await harness_with_good_plugin.ran("V1", "after", "good")


async def test_a_failing_predicate_is_named_with_plugin_object_and_its_own_line(
    harness_with_good_plugin: HostHarness,
) -> None:
    path: Path = harness_with_good_plugin.write(
        "hostile.py", in_namespace(PLACES["predicate"].format(raises="    {}['key']"))
    )
    await harness_with_good_plugin.state("Active", "hostile")
    with capture_logs() as lines:
        await harness_with_good_plugin.create("one")
        await harness_with_good_plugin.ran("V1", "one", "good")
    (line,) = [each for each in lines if each["event"] == "Plugin code raised" and each["name"] == "one"]
    assert (line["plugin"], line["controller"], line["name"]) == ("hostile", "hostile", "one")
    assert line["at"] == f"{path}:4"


async def test_context_variables_do_not_leak_between_objects_nor_between_plugins(
    harness_with_good_plugin: HostHarness,
) -> None:
    harness_with_good_plugin.write(
        "hostile.py",
        "import contextvars\n"
        "from plugin_operator import controller\n"
        "tenant = contextvars.ContextVar('tenant', default='nobody')\n"
        "def judge(obj):\n"
        "    assert tenant.get() == 'nobody'\n"
        "    tenant.set('predicate')\n"
        "    return True\n"
        f"@controller(for_='v1/ConfigMap', namespaces=[{NAMESPACE!r}], name='hostile', predicates=[judge])\n"
        "async def hostile(ctx, request):\n"
        "    ctx.recorder.event({}, 'Normal', tenant.get(), request.name)\n"
        "    tenant.set(request.name)\n",
    )
    await harness_with_good_plugin.state("Active", "hostile")
    for name in ("a", "b", "c"):
        await harness_with_good_plugin.create(name)
    for name in ("a", "b", "c"):
        await harness_with_good_plugin.ran("nobody", name, "hostile")
    assert set(harness_with_good_plugin.journal.reasons("hostile")) == {"nobody"}
    assert harness_with_good_plugin.metrics.family(HANDLER_ERRORS).get("hostile", "predicate") == 0


HOSTILE_VALUE = """
import asyncio, sys
from plugin_operator import Request, controller, watch

def told(self, *args):
    sys.exit(0)

class Value:
    __bool__ = __eq__ = __hash__ = __iter__ = __len__ = __str__ = __repr__ = __index__ = told
    __class__ = property(told)

class Text(str):
    __hash__ = __eq__ = __str__ = __repr__ = told

def judge(obj):
    return Value()

def follow(obj):
    if len(obj["metadata"]["name"]) % 2:
        return Value()
    return [Text("default/one"), Request("default", Text("two")), Value()]

async def left_open():
    try:
        while True:
            yield 1
    finally:
        sys.exit(0)

@controller(for_="v1/ConfigMap", name="hostile", predicates=[judge], watches=[watch("v1/ConfigMap", map=follow)])
async def hostile(ctx, request):
    async for _ in left_open():
        break
    ctx.log.info("Seen", value=Value(), text=Text("x"))
    ctx.recorder.event(Value(), "Normal", "Seen", Value())
    return Value()
"""


async def test_values_that_do_harm_when_they_are_used_harm_only_their_own_plugin(
    harness_with_good_plugin: HostHarness,
) -> None:
    harness_with_good_plugin.write("hostile.py", in_namespace(HOSTILE_VALUE))
    await harness_with_good_plugin.state("Active", "hostile")
    for number in range(5):
        await harness_with_good_plugin.create("x" * (number + 1))
        await harness_with_good_plugin.ran("V1", "x" * (number + 1), "good")
    await eventually(lambda: _has_failed(harness_with_good_plugin, "hostile"), timeout_seconds=20)
    (harness_with_good_plugin.root / "hostile.py").unlink()
    await eventually(lambda: not harness_with_good_plugin.knows("hostile"), timeout_seconds=20)
    await harness_with_good_plugin.create("after")
    await harness_with_good_plugin.ran("V1", "after", "good")


@pytest.mark.parametrize("name", ["exception", "own base exception", "cancelled", "generator exit", "system exit"])
async def test_an_edit_that_raises_in_every_reconcile_is_rolled_back_whatever_it_raises(
    harness: HostHarness, plugin_text: Callable[..., str], name: str
) -> None:
    harness.write("one.py", plugin_text("V1"))
    for number in range(6):
        await harness.create(f"object-{number}")
    await harness.ran("V1", "object-5")
    text = plugin_text("V2", body=RAISES[name])
    path: Path = harness.write("one.py", text)
    status = await harness.state("Quarantined")
    line = next(at for at, each in enumerate(text.splitlines(), 1) if RAISES[name] in each)
    assert f"({path}:{line})" in status.reason
    await harness.create("after")
    await harness.ran("V1", "after")
