"""The lints of what people write in their first plugins: statuses, results, objects, children, arguments."""

from textwrap import dedent, indent
from typing import Any

import pytest

from plugin_operator.error_hints import CONTEXT_ALIASES, methods_in, named_in
from plugin_operator.hosting.lints.linter import Linter
from plugin_operator.hosting.lints.registry import lint

HEAD = (
    "import datetime, plugin_operator, time\n"
    "from plugin_operator import Child, Context, Request, Result, controller, own, permission, ready, schema, watch\n"
)
DECLARED = [{"line": 0, "has_kind": True, "caches": ("v1/ConfigMap", "v1/Secret", "pods"), "owns": ("v1/Secret",)}]
SECRET = {"apiVersion": "v1", "kind": "Secret"}
POD = {"apiVersion": "v1", "kind": "Pod"}


def found_in(code: str, declared: Any = None) -> list[str]:
    """Return rule and message of each finding in a file with this code."""
    return [f"{rule} {each.message}" for rule, _, each in lint((HEAD + dedent(code)).encode(), {}, declared)]


def inside(code: str, head: str = "async def reconcile(ctx, request, obj):") -> list[str]:
    """Return the findings in the body of a reconciler."""
    return found_in(f"{head}\n{indent(dedent(code), '    ')}\n", DECLARED)


@pytest.mark.parametrize(
    ("code", "harm"),
    [
        ("ctx.status(obj)", "so it writes nothing"),
        ("with ctx.status(obj) as status:\n    pass", "so this raises an error"),
        ("with ctx.status as status:\n    pass", "so this raises an error"),
        ("async with ctx.status as status:\n    pass", "so this raises an error"),
        ("await ctx.status(obj)", "so this raises an error"),
        ("ctx.status(obj)['ready'] = 1", "so this raises an error"),
        ("ctx.status['ready'] = 1", "so this raises an error"),
        ("ctx.status.ready = 1", "so this raises an error"),
        ("status = ctx.status(obj)\nstatus['ready'] = 1", "so this raises an error"),
    ],
)
def test_a_status_without_async_with_is_found(code: str, harm: str) -> None:
    way_out = "write 'async with ctx.status(obj) as status:' and change status inside"
    assert inside(code) == [f"PO109 ctx.status is not in 'async with', {harm}: {way_out}"]


@pytest.mark.parametrize(
    "code",
    [
        "async with ctx.status(obj) as status:\n    status['ready'] = 1",
        "block = ctx.status(obj)\nasync with block as status:\n    pass",
        "await stack.enter_async_context(ctx.status(obj))",
        "return ctx.status(obj)",
        "await ctx.status(obj).__aenter__()",
    ],
)
def test_a_status_that_may_be_entered_is_left_alone(code: str) -> None:
    assert inside(code) == []


@pytest.mark.parametrize("code", ["ctx.status('ready')", "ctx.status.ready = 1", "ctx.logger.info('a')", "ctx.name"])
def test_another_object_that_is_called_ctx_is_left_alone(code: str) -> None:
    assert inside(code, "def show(ctx):") == []
    assert inside(code, "from another import Context\ndef show(ctx: Context):") == []
    assert len(inside(code, "def show(ctx: Context):")) == 1
    assert len(inside(code, "def show(ctx: Context[Widget]):")) == 1


@pytest.mark.parametrize(("name", "meant"), CONTEXT_ALIASES.items())
def test_an_attribute_of_other_frameworks_is_found_with_the_one_here(name: str, meant: str) -> None:
    (found,) = inside(f"print(ctx.{name})")
    assert found == f"PO105 ctx has no {name}, so this raises AttributeError: did you mean {meant}?"


@pytest.mark.parametrize(
    ("value", "way_out"),
    [
        ("30", "return Result(requeue_after=30)"),
        ("0.5", "return Result(requeue_after=0.5)"),
        ("True", "return Result(requeue=True)"),
        ("False", "return None"),
        ("datetime.timedelta(minutes=5)", "return Result(requeue_after=datetime.timedelta(minutes=5).total_seconds())"),
        ("None if obj else 30", "return Result(requeue_after=30)"),
        ("'done'", "return None, or Result(requeue_after=…) to run again"),
        ("{'requeue': 3}", "return None, or Result(requeue_after=…) to run again"),
        ("(True, 3)", "return None, or Result(requeue_after=…) to run again"),
    ],
)
@pytest.mark.parametrize("word", ["async def", "def"])
def test_a_value_that_a_reconciler_cannot_return_is_found(value: str, way_out: str, word: str) -> None:
    function = f"@controller(for_='v1/Pod')\n{word} one(ctx, request):\n    return {value}\n"
    method = (
        f"@controller(for_='v1/Pod')\nclass One:\n    {word} reconcile(self, ctx, request):\n        return {value}\n"
    )
    for code in (function, method):
        (found,) = found_in(code)
        assert found.startswith("PO110 a reconciler cannot return ")
        assert found.endswith(f", only a Result or None: {way_out}")


@pytest.mark.parametrize(
    "code",
    [
        "@controller(for_='v1/Pod')\nasync def one(ctx, request):\n    return Result(requeue_after=3)\n",
        "@controller(for_='v1/Pod')\nasync def one(ctx, request):\n    return await two(ctx)\n",
        "@controller(for_='v1/Pod')\nasync def one(ctx, request):\n    return None\n",
        "@controller(for_='v1/Pod')\nasync def one(ctx, request):\n    def size(): return 3\n    size()\n",
        "@controller(for_='v1/Pod')\n@seconds\nasync def one(ctx, request):\n    return 3\n",
        "def helper(ctx, request):\n    return 3\n",
        "@controller(for_='v1/Pod')\nclass One:\n    def reconcile(a, b, c): ...\n    def size(a): return 3\n",
    ],
)
def test_what_a_reconciler_may_return_is_left_alone(code: str) -> None:
    assert found_in(code) == []


@pytest.mark.parametrize(
    ("code", "missing"),
    [
        ("await ctx.client.apply({'metadata': {'name': 'a'}})", "'apiVersion' and 'kind'"),
        ("await ctx.client.create({'kind': 'Pod', 'metadata': {}})", "'apiVersion'"),
        ("await ctx.client.update(obj={'apiVersion': 'v1'})", "'kind'"),
        ("pod = {'apiVersion': 'v1'}\nctx.set_owner(pod, owner=obj)\nawait ctx.client.apply(pod)", "'kind'"),
    ],
)
def test_an_object_without_its_kind_is_found(code: str, missing: str) -> None:
    (found,) = inside(code)
    assert found.startswith("PO111 the object of ctx.client.")
    assert found.endswith(f"() has no {missing}, so this raises ValueError: add {missing}")


@pytest.mark.parametrize(
    "code",
    [
        "await ctx.client.apply({'apiVersion': 'v1', 'kind': 'Pod'})",
        "await ctx.client.apply({**obj, 'spec': {}})",
        "await ctx.client.apply({word: 'v1' for word in obj})",
        "await ctx.client.apply({request.name: 1})",
        "pod = {'apiVersion': 'v1'}\npod['kind'] = 'Pod'\nawait ctx.client.apply(pod)",
        "pod = {'apiVersion': 'v1'}\nfill(pod)\nawait ctx.client.apply(pod)",
        "await ctx.client.patch('v1/Pod', request, {'spec': {}})",
        "await ctx.client.apply(obj)",
    ],
)
def test_an_object_that_may_have_its_kind_is_left_alone(code: str) -> None:
    assert inside(code) == []


def test_an_object_of_the_module_that_another_function_fills_is_left_alone() -> None:
    code = """
    POD = {"metadata": {"name": "a"}}

    def fill():
        POD.update(apiVersion="v1", kind="Pod")

    async def reconcile(ctx, request):
        await ctx.client.apply(POD)
    """
    assert found_in(code) == []
    assert len(found_in(code.replace("POD.update", "print"))) == 1


CHILD = "PO112 the controller owns v1/Secret, so a child v1/Pod raises ValueError: declare owns=['v1/Pod']"


@pytest.mark.parametrize(
    "code",
    [
        f"await ctx.sync_children(obj, [{SECRET}, {POD}])",
        f"pod = {POD}\nawait ctx.sync_children(obj, [pod])",
        f"pods = [{POD}]\nawait ctx.sync_children(obj, pods)",
        f"pod = {POD}\nawait ctx.sync_children(obj, [pod, Child(pod)])",
        f"await ctx.sync_children(obj, children=[Child({POD}, adopt=True)])",
        f"def pod(name):\n    return {POD}\nawait ctx.sync_children(obj, [pod(request.name)])",
    ],
)
def test_a_child_of_a_kind_that_owns_does_not_have_is_found(code: str) -> None:
    assert inside(code) == [CHILD]


@pytest.mark.parametrize(
    "code",
    [
        f"await ctx.sync_children(obj, [{SECRET}])",
        "await ctx.sync_children(obj, [{'apiVersion': 'v1', 'kind': request.name}])",
        f"await ctx.sync_children(obj, [{{**obj, 'kind': 'Pod'}}, *others({POD}), other({POD})])",
        f"pod = {POD}\npod['kind'] = 'Secret'\nawait ctx.sync_children(obj, [pod])",
        f"pods = [{POD}]\npods[0] = other\nawait ctx.sync_children(obj, pods)",
        f"def pod(a):\n    if a:\n        return {SECRET}\n    return {POD}\nawait ctx.sync_children(obj, [pod(1)])",
    ],
)
def test_a_child_of_a_declared_or_unknown_kind_is_left_alone(code: str) -> None:
    assert inside(code) == []


def test_without_what_the_loader_read_no_child_is_judged() -> None:
    code = f"async def reconcile(ctx, request, obj):\n    await ctx.sync_children(obj, [{POD}])\n"
    assert found_in(code) == []
    assert found_in(code.replace(")\n", ")  # noqa: PO112\n")) == []


def test_a_gate_on_a_kind_without_a_cache_is_found() -> None:
    (found,) = inside(f"await ctx.sync_children(obj, [Child({SECRET}, after=ready('apps/v1/Deployment', 'a'))])")
    assert found == (
        "PO103 no cache of apps/v1/Deployment is declared, only of pods, v1/ConfigMap, v1/Secret, so sync_children "
        "raises LookupError: declare reads=['apps/v1/Deployment']"
    )
    assert inside("gate = ready('v1/Secret', 'a')\nother = ready(kind, 'a')") == []


@pytest.mark.parametrize(
    ("kind", "way_out"),
    [
        ("apps/v1/Deploymnet", "did you mean apps/v1/Deployment? If not, declare reads=['apps/v1/Deploymnet']"),
        ("example.com/v1/Cachee", "declare reads=['example.com/v1/Cachee']"),
        ("example.com/v1/Boxx", "did you mean example.com/v1/Box? If not, declare reads=['example.com/v1/Boxx']"),
    ],
)
def test_a_gate_on_a_misspelt_kind_is_found_with_the_one_that_was_meant(kind: str, way_out: str) -> None:
    declared = [{**DECLARED[0], "caches": ("v1/Secret", "example.com/v1/Box")}]
    (found,) = found_in(f"async def reconcile(ctx, request):\n    gate = ready({kind!r}, 'a')\n", declared)
    assert found.endswith(f"so sync_children raises LookupError: {way_out}")


TYPED = """
from plugin_operator import ApiObject, resource
from plugin_operator.kinds import apps_v1, core_v1
from plugin_operator.kinds.core_v1 import Pod, Secret

@resource("example.com/v1/Box")
class Box(ApiObject): ...
"""


def typed(code: str) -> list[str]:
    """Return the findings in the body of a reconciler of a plugin with typed objects."""
    return found_in(f"{TYPED}async def reconcile(ctx, request, obj):\n{indent(dedent(code), '    ')}\n", DECLARED)


@pytest.mark.parametrize(
    ("code", "kind", "declare"),
    [
        ("await ctx.sync_children(obj, [core_v1.Secret(), apps_v1.Deployment()])", "apps/v1/Deployment", None),
        ("web = apps_v1.Deployment()\nweb.spec = 1\nawait ctx.sync_children(obj, [web])", "apps/v1/Deployment", None),
        ("await ctx.sync_children(obj, [Child(obj=Pod(), adopt=True)])", "v1/Pod", "Pod"),
        ("await ctx.sync_children(obj, [Box()])", "example.com/v1/Box", "Box"),
        (
            (
                "def web(name):\n    made = apps_v1.Deployment()\n    return made\n"
                "await ctx.sync_children(obj, [Child(web(1), after=ready(Secret, 'a'))])"
            ),
            "apps/v1/Deployment",
            None,
        ),
        (
            "async def web():\n    return apps_v1.Deployment()\nawait ctx.sync_children(obj, [await web()])",
            "apps/v1/Deployment",
            None,
        ),
    ],
)
def test_a_typed_child_of_a_kind_that_owns_does_not_have_is_found(code: str, kind: str, declare: str | None) -> None:
    found = f"the controller owns v1/Secret, so a child {kind} raises ValueError"
    assert typed(code) == [f"PO112 {found}: declare owns=[{declare or 'apps_v1.Deployment'}]"]


@pytest.mark.parametrize(
    "code",
    [
        "await ctx.sync_children(obj, [core_v1.Secret(), Child(Secret()), apps_v1.DeploymentSpec()])",
        "def web(a):\n    if a:\n        return Secret()\n    return Pod()\nawait ctx.sync_children(obj, [web(1)])",
        "made = Pod if obj else Secret\nawait ctx.sync_children(obj, [made(), obj, Child()])",
        "def web(a):\n" + "    if a: return web(a - 1)\n" * 30 + "await ctx.sync_children(obj, [web(9)])",
        "gate = ready(Secret, 'a')\ncache = ctx.lister_for(core_v1.ConfigMap)\nother = ready(obj.kind, 'a')",
    ],
)
def test_a_typed_object_of_a_declared_or_unknown_kind_is_left_alone(code: str) -> None:
    assert [each for each in typed(code) if each[:5] in {"PO103", "PO112"}] == []


@pytest.mark.parametrize(
    ("code", "raises", "kind", "written"),
    [
        ("gate = ready(apps_v1.Deployment, 'a')", "sync_children raises", "apps/v1/Deployment", "apps_v1.Deployment"),
        ("gate = ready(kind=Box, name='a')", "sync_children raises", "example.com/v1/Box", "Box"),
        ("cache = ctx.lister_for(Pod)", "this raises", "v1/Pod", "Pod"),
    ],
)
def test_a_cache_that_a_class_names_and_no_controller_declares_is_found(
    code: str, raises: str, kind: str, written: str
) -> None:
    assert typed(code) == [
        (
            f"PO103 no cache of {kind} is declared, only of pods, v1/ConfigMap, v1/Secret, so {raises} LookupError: "
            f"declare reads=[{written}]"
        )
    ]


def test_every_unknown_argument_of_a_file_is_found_with_the_one_that_was_meant() -> None:
    code = """
    @controller(kind="v1/Pod", concurrency=3)
    async def one(ctx, request):
        return Result(requeueAfter=3)

    SIZE = plugin_operator.schema(maximum=10)
    two = controller(**options, for_="v1/Pod")
    """
    linter = Linter()
    try:
        found = linter.lint((HEAD + dedent(code)).encode())
    finally:
        linter.close()
    assert [(each.rule, each.line, each.message) for each in found] == [
        ("PO113", 4, "controller() has no argument 'kind': did you mean 'for_'?"),
        ("PO113", 4, "controller() has no argument 'concurrency': did you mean 'max_concurrent_reconciles'?"),
        ("PO113", 6, "Result() has no argument 'requeueAfter': did you mean 'requeue_after'?"),
        ("PO113", 8, "schema() has no argument 'maximum': did you mean 'le'?"),
    ]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Metadata(nam='a')", "Metadata() has no argument 'nam': did you mean 'name'?"),
        ("raise TemporaryError('a', retry_after_seconds=3, retry=1)", "TemporaryError() has no argument 'retry': "),
        ("raise TemporaryError('a')", "TemporaryError() lacks the argument 'retry_after_seconds': "),
        ("core_v1.PodSpec(containrs=[])", "core_v1.PodSpec() has no argument 'containrs': did you mean 'containers'?"),
        ("await ctx.client.list('v1/Pod', labels='a')", "ctx.client.list() has no argument 'labels': did you mean"),
        ("await ctx.client.delete(obj, missing=True)", "ctx.client.delete() has no argument 'missing': did you mean"),
        ("ctx.lister.list(namespce='a')", "ctx.lister.list() has no argument 'namespce': did you mean 'namespace'?"),
        ("ctx.lister_for('v1/Secret').list(namespce='a')", "ctx.lister.list() has no argument 'namespce': did you"),
        (
            "ctx.enqueue(request, after_seconds=3)",
            "ctx.enqueue() has no argument 'after_seconds': did you mean 'after'?",
        ),
        ("ctx.recorder.event('Normal', 'x', 'y')", "ctx.recorder.event() lacks the argument 'message': its arguments"),
        ("ctx.set_condition(obj, 'Ready')", "ctx.set_condition() lacks the arguments 'status' and 'reason': its"),
    ],
)
def test_a_misspelt_or_lacking_argument_of_each_call_of_the_api_is_found(code: str, found: str) -> None:
    (mistake,) = with_signatures(code)
    assert mistake.startswith(f"PO113 {found}")


@pytest.mark.parametrize(
    "code",
    [
        "await ctx.client.get(obj)",
        "await ctx.client.patch(obj, {}, dry_run=True)",
        "await ctx.client.delete(kind='v1/Pod', name='a', **options)",
        "ctx.recorder.event(*event)",
        "Metadata(name='a', **options)",
        "ctx.status(obj).spam(a=1)",
        "import ctx as other\n    other.enqueue(a=1)",
        "from another import Metadata\n    Metadata(nam='a')",
    ],
)
def test_a_call_whose_arguments_may_be_right_is_left_alone(code: str) -> None:
    assert [each for each in with_signatures(code) if each.startswith("PO113")] == []


def with_signatures(code: str) -> list[str]:
    """Return the findings in the body of a reconciler, with the arguments of the API known."""
    head = "from plugin_operator import Metadata, TemporaryError\nfrom plugin_operator.kinds import core_v1\n"
    content = f"{HEAD}{head}async def reconcile(ctx, request, obj, options=None, event=None):\n    {code}\n".encode()
    api = {**named_in(content), **methods_in(content)}
    return [f"{rule} {each.message}" for rule, _, each in lint(content, {}, None, api)]


def test_a_call_that_blocks_is_one_mistake_however_often_it_is_reached() -> None:
    code = """
    def wait():
        time.sleep(1)

    def waits():
        wait()

    async def reconcile(ctx, request):
        wait()
        waits()
        wait()  # noqa: PO101
        time.sleep(1)
    """
    lines = [
        (each.line, each.message.partition(":")[2]) for _, _, each in lint((HEAD + dedent(code)).encode(), {}, None)
    ]
    assert lines == [
        (11, " await asyncio.to_thread(wait, …) (also in line 12)"),
        (14, " await asyncio.sleep(…), or return Result(requeue_after=…)"),
    ]
