"""Which code the lints find, and which they leave alone because it may be right."""

import textwrap
from typing import Any

import pytest

from plugin_operator.hosting.lints.registry import LINTS, functions_of, lint
from tests.pages import ROOT, blocks_in

HEAD = """
import asyncio, concurrent.futures, contextlib, functools, os, queue, socket, subprocess, threading, time
import urllib.request
import boto3, httpx, kubernetes, requests
from time import sleep as rest
from kubernetes import client as kube, watch as kube_watch
from plugin_operator import Context, MapContext, Predicate, Request, controller, every, matches, read, watch
async def helper(ctx): ...
"""
DECLARED = [
    {"line": 0, "has_kind": True, "caches": ("v1/ConfigMap", "v1/Secret", "certificates")},
    {"line": 0, "has_kind": False, "caches": ("v1/Node",)},
]


def rules_in(code: str, declared: Any = None, helpers: Any = None) -> list[str]:
    """Return rule and line, counted from the first line of ``code``, of each finding."""
    source = HEAD + textwrap.dedent(code)
    first = HEAD.count("\n")
    return [f"{rule}:{found.line - first}" for rule, _, found in lint(source.encode(), helpers or {}, declared)]


def inside(code: str, head: str = "async def reconcile(ctx, request):") -> str:
    """Return code as the body of a reconciler."""
    return f"{head}\n{textwrap.indent(textwrap.dedent(code), '    ')}\n"


BLOCKING = [
    "time.sleep(1)",
    "rest(1)",
    "from time import sleep\nsleep(1)",
    "requests.get('http://x')",
    "requests.Session().get('http://x')",
    "session = requests.Session()\nsession.post('http://x')",
    "with requests.Session() as session:\n    session.get('http://x')",
    "httpx.get('http://x')",
    "urllib.request.urlopen('http://x')",
    "subprocess.run(['ls'])",
    "subprocess.check_output(['ls'])",
    "process = subprocess.Popen(['ls'])\nprocess.communicate()",
    "os.system('ls')",
    "socket.create_connection(('x', 1))",
    "s = socket.socket()\ns.connect(('x', 1))",
    "input()",
    "asyncio.run(asyncio.sleep(1))",
    "asyncio.new_event_loop().run_until_complete(helper(ctx))",
    "asyncio.run_coroutine_threadsafe(helper(ctx), ctx.loop).result()",
    "ctx.wait(helper(ctx))",
    "kube.CoreV1Api().list_node()",
    "v1 = kubernetes.client.AppsV1Api()\nv1.read_namespaced_deployment('a', 'b')",
    "kube_watch.Watch().stream(print)",
    "boto3.client('s3').list_buckets()",
    "t = threading.Thread(target=print)\nt.join()",
    "await helper(ctx)\nt = threading.Thread(target=print)\nt.start()\nt.join()",
    "queue.Queue().get()",
    "concurrent.futures.wait([])",
    "nested = [time.sleep(1) for _ in range(3)]",
]


@pytest.mark.parametrize("code", BLOCKING)
def test_a_call_that_blocks_the_loop_is_found_in_an_async_def_only(code: str) -> None:
    found = rules_in(inside(code))
    assert found
    assert {each.partition(":")[0] for each in found} == {"PO101"}
    assert rules_in(inside(code, "def reconcile(ctx, request):")) == []


NOT_BLOCKING = [
    "await asyncio.to_thread(time.sleep, 1)",
    "await asyncio.to_thread(lambda: time.sleep(1))",
    "await asyncio.get_running_loop().run_in_executor(None, requests.get, 'http://x')",
    "await asyncio.sleep(1)",
    "time.sleep(0)",
    "time.monotonic()",
    "requests = [1]\nrequests.append(2)",
    "requests = ctx.lister\nrequests.get('a')",
    "for requests in [{}]:\n    requests.get('a')",
    "def later():\n    time.sleep(1)\nthreading.Thread(target=later).start()",
    "','.join(['a'])",
    "os.path.join('a', 'b')",
    "s = socket.socket()\ns.setblocking(False)\ns.connect(('x', 1))",
    "queue.Queue().get(False)",
    "queue.Queue().get(block=False)",
    "kube.CoreV1Api().list_node(async_req=True)",
    "boto3.client('s3').generate_presigned_url('get_object')",
    "t = threading.Thread(target=print)\nt.join(0)\nt.start()",
    "t = threading.Thread(target=print)\nt.start()\nawait helper(ctx)\nt.join()",
    "asyncio.ensure_future(helper(ctx)).result()",
    "await asyncio.wait([])",
    "print(input)",
]


@pytest.mark.parametrize("code", NOT_BLOCKING)
def test_what_does_not_block_is_left_alone(code: str) -> None:
    assert rules_in(inside(code)) == []


def test_a_module_beside_the_plugin_is_not_the_installed_one_of_its_name() -> None:
    code = inside("requests.get('http://x')")
    assert rules_in(code) == ["PO101:2"]
    assert rules_in(code, helpers={"requests": {}}) == []


def test_a_parameter_and_a_rebound_name_are_not_the_module() -> None:
    assert rules_in("async def reconcile(ctx, request, time):\n    time.sleep(1)\n") == []
    assert rules_in("rest = print\nasync def reconcile(ctx, request):\n    rest(1)\n") == []
    assert rules_in(
        "try:\n    import redis\nexcept ImportError:\n    redis = None\n" + inside("redis.Redis().get('a')")
    )


def test_names_are_those_of_pythons_scopes() -> None:
    in_class = """
    class Reconciler:
        time = None or fake

        async def reconcile(self, ctx, request):
            time.sleep(1)
    """
    assert rules_in(in_class) == ["PO101:6"]
    walrus = inside("found = [(time := each) for each in clocks]\ntime.sleep(1)")
    assert rules_in(walrus) == []
    of_module = "async def start(ctx):\n    global rest\n    rest = fake\n" + inside("rest(1)")
    assert rules_in(of_module) == []
    outer = "async def outer(ctx):\n    wait = time\n    def inner():\n        nonlocal wait\n        wait = fake\n"
    assert rules_in(outer + "    wait.sleep(1)\n") == []
    assert rules_in(outer.replace("nonlocal wait", "pass") + "    wait.sleep(1)\n") == ["PO101:6"]


def test_a_module_global_and_an_attribute_of_self_keep_what_was_assigned_to_them() -> None:
    code = """
    api = kube.CoreV1Api()

    class Reconciler:
        def __init__(self):
            self.session = requests.Session()

        async def reconcile(self, ctx, request):
            api.list_node()
            self.session.get("http://x")
    """
    assert rules_in(code) == ["PO101:9", "PO101:10"]
    again = code.replace("    async def", "        self.session = fake()\n\n        async def", 1)
    assert rules_in(again) == ["PO101:11"]


def test_a_plain_function_that_blocks_is_found_where_an_async_def_calls_it() -> None:
    code = """
    def outer(url):
        return inner(url)

    def inner(url):
        return requests.get(url)

    async def reconcile(ctx, request):
        outer("http://x")
        await asyncio.to_thread(outer, "http://x")
    """
    assert rules_in(code) == ["PO101:9"]


def test_a_function_that_a_decorator_may_have_replaced_is_not_followed() -> None:
    code = """
    @in_a_thread
    def fetch(url):
        return requests.get(url)

    async def reconcile(ctx, request):
        await fetch("http://x")
    """
    assert rules_in(code) == []


def test_maps_predicates_and_indexes_run_on_the_loop_too() -> None:
    code = """
    def pods_of(obj):
        return requests.get("http://x").json()

    @controller(
        for_="v1/ConfigMap",
        watches=[watch("v1/Secret", map=pods_of)],
        predicates=[lambda obj: time.sleep(1), matches(lambda obj: subprocess.run(["ls"]))],
    )
    def reconcile(ctx, request):
        time.sleep(1)
    """
    assert rules_in(code) == ["PO101:3", "PO101:8", "PO101:8"]


HELPER = b"""
import requests
def outer(url): return inner(url)
def inner(url): return requests.get(url)
def quick(): ...
async def nap(): ...
def many():
    yield requests.get("x")
@wrapped
async def odd(): ...
"""


def test_functions_of_a_helper_are_known_where_it_is_imported() -> None:
    functions = functions_of(HELPER, "plugins/pkg/web.py")
    blocks = "requests.get() in line 4 of plugins/pkg/web.py"
    assert functions == {"outer": (False, blocks), "inner": (False, blocks), "quick": (False, ""), "nap": (True, "")}
    for head, name in (("import pkg.web", "pkg.web"), ("from pkg import web", "web"), ("import pkg.web as w", "w")):
        calls = [f"{name}.{each}()" for each in ("outer", "quick", "nap", "odd")]
        code = head + "\n" + inside("\n".join([*calls, f"await {name}.nap()"]))
        assert rules_in(code, helpers={"pkg": {}, "pkg.web": functions}) == ["PO101:3", "PO102:5"]
        assert rules_in(code, helpers={"pkg": {}}) == []
        assert rules_in(code) == []
    code = "from pkg.web import nap as sleep, outer\n" + inside("sleep()\nouter('x')")
    assert rules_in(code, helpers={"pkg.web": functions}) == ["PO102:3", "PO101:4"]


def test_a_helper_that_is_no_python_has_no_functions() -> None:
    assert functions_of(b"def x(:", "x.py") == functions_of(b"\xff", "x.py") == {}


def test_after_a_star_import_no_unbound_name_is_a_built_in() -> None:
    assert rules_in(inside("input()")) == ["PO101:2"]
    assert rules_in("from helper import *\n" + inside("input()")) == []


UNAWAITED = [
    "ctx.client.patch('v1/ConfigMap', request, {})",
    "client = ctx.client\nclient.delete('v1/ConfigMap', request)",
    "ctx.ensure_finalizer({})",
    "asyncio.sleep(1)",
    "asyncio.to_thread(print)",
    "helper(ctx)",
    "obj = ctx.client.get('v1/ConfigMap', request)\nprint(obj['data'])",
    "obj = ctx.client.get('v1/ConfigMap', request)",
    "if ctx.client.get('v1/ConfigMap', request):\n    pass",
    "for each in ctx.client.list('v1/Secret'):\n    pass",
    "ctx.client.get('v1/ConfigMap', request)['data']",
    "obj = ctx.client.get('v1/ConfigMap', request)\nif obj is None:\n    return",
    "async def inner(): ...\ninner()",
]


@pytest.mark.parametrize("code", UNAWAITED)
@pytest.mark.parametrize("word", ["async def", "def"])
def test_a_coroutine_that_nothing_awaits_is_found(code: str, word: str) -> None:
    found = rules_in(inside(code, f"{word} reconcile(ctx, request):"))
    assert [each.partition(":")[0] for each in found] == ["PO102"]


AWAITED = [
    "await ctx.client.patch('v1/ConfigMap', request, {})",
    "await asyncio.gather(helper(ctx), ctx.client.get('v1/Secret', request))",
    "call = ctx.client.get('v1/Secret', request)\nawait call",
    "calls = [helper(ctx) for _ in range(3)]\nawait asyncio.gather(*calls)",
    "task = asyncio.create_task(helper(ctx))\nawait task",
    "async with asyncio.TaskGroup() as group:\n    group.create_task(helper(ctx))",
    "call = helper(ctx)\ncall.close()",
    "first = helper(ctx) if request else None\nawait first",
    "ctx.recorder.event({}, 'Normal', 'A', 'b')",
    "ctx.enqueue(after=1)",
    "ctx.lister.get(request)",
    "obj = {}\nobj.get('a')",
    "client = {}\nclient.get('a')",
    "async def rows():\n    yield 1\nrows()",
    "return helper(ctx)",
    "yielded = (helper(ctx) for _ in range(3))\nfor each in yielded:\n    await each",
]


@pytest.mark.parametrize("code", AWAITED)
def test_a_coroutine_that_may_be_awaited_is_left_alone(code: str) -> None:
    assert rules_in(inside(code)) == []


def test_methods_are_followed_through_self() -> None:
    code = """
    class Reconciler:
        async def reconcile(self, ctx, request):
            self.step(ctx)
            await self.step(ctx)
            await asyncio.to_thread(self.plain, ctx)
            self.plain(ctx)

        async def step(self, ctx): ...

        def plain(self, ctx):
            ctx.wait(self.step(ctx))
    """
    assert rules_in(code) == ["PO102:4", "PO101:7"]


def test_a_context_is_known_by_its_name_or_its_annotation() -> None:
    code = "async def reconcile({}, request):\n    {}.client.delete('v1/Secret', request)\n"
    assert rules_in(code.format("c: Context", "c")) == ["PO102:2"]
    assert rules_in(code.format("c: 'Context'", "c")) == ["PO102:2"]
    assert rules_in(code.format("c: Context[Widget]", "c")) == ["PO102:2"]
    assert rules_in(code.format("c: 'Context[Widget]'", "c")) == ["PO102:2"]
    assert rules_in(code.format("c: dict[Context]", "c")) == []
    assert rules_in(code.format("c", "c")) == []
    assert rules_in(code.format("ctx: dict", "ctx")) == []


@pytest.mark.parametrize("kind", ["v1/Pod", "other"])
def test_a_cache_that_no_controller_declares_is_found(kind: str) -> None:
    assert rules_in(inside(f"ctx.lister_for({kind!r})"), DECLARED) == ["PO103:2"]
    assert rules_in(f"KIND = {kind!r}\n" + inside("ctx.lister_for(KIND)"), DECLARED) == ["PO103:3"]


@pytest.mark.parametrize("kind", ["'v1/ConfigMap'", "'certificates'", "'v1/Node'", "computed()", "V1Pod", "f'v1/{x}'"])
def test_a_declared_or_unknown_cache_is_left_alone(kind: str) -> None:
    assert rules_in(inside(f"ctx.lister_for({kind})\nctx.lister.get(request)"), DECLARED) == []


def test_without_what_the_loader_read_no_cache_is_judged() -> None:
    assert rules_in(inside("ctx.lister_for('v1/Pod')")) == []
    assert rules_in(inside("ctx.lister_for('v1/Pod')"), []) == []


def test_inside_a_controller_its_own_declaration_counts() -> None:
    line = HEAD.count("\n") + 1
    declared = [{**DECLARED[0], "line": line}, {**DECLARED[1], "line": line + 3}]
    code = """\
    @controller(for_="v1/ConfigMap", reads=["v1/Secret"])
    async def one(ctx, request):
        ctx.lister_for("v1/Node"), ctx.lister
    @controller(reads=["v1/Node"], schedules=[every(60)])
    async def two(ctx, request):
        ctx.lister_for("v1/Node"), ctx.lister
    """
    assert rules_in(code, declared) == ["PO103:3", "PO103:6"]


SWALLOWED = [
    "try:\n    await helper(ctx)\nexcept BaseException:\n    pass",
    "try:\n    await helper(ctx)\nexcept:\n    ctx.log.warning('failed')",
    "try:\n    await helper(ctx)\nexcept BaseException as error:\n    ctx.log.warning('failed', error=str(error))",
    "try:\n    await helper(ctx)\nexcept (ValueError, BaseException):\n    pass",
    "with contextlib.suppress(BaseException):\n    await helper(ctx)",
    "while True:\n    try:\n        await helper(ctx)\n    except asyncio.CancelledError:\n        pass",
]


@pytest.mark.parametrize("code", SWALLOWED)
def test_a_swallowed_cancellation_is_found_in_an_async_def_only(code: str) -> None:
    assert [each.partition(":")[0] for each in rules_in(inside(code))] == ["PO104"]
    plain = code.replace("await helper(ctx)", "print(1)")
    assert rules_in(inside(plain)) == []


NOT_SWALLOWED = [
    "try:\n    await helper(ctx)\nexcept Exception:\n    pass",
    "try:\n    await helper(ctx)\nexcept BaseException:\n    print(1)\n    raise",
    "try:\n    await helper(ctx)\nexcept asyncio.CancelledError:\n    raise\nexcept BaseException:\n    pass",
    "try:\n    await helper(ctx)\nexcept BaseException as error:\n    future.set_exception(error)",
    "try:\n    await helper(ctx)\nexcept BaseException as error:\n    return error",
    "import sys\ntry:\n    await helper(ctx)\nexcept BaseException:\n    future.set_exception(sys.exc_info())",
    "while True:\n    try:\n        await helper(ctx)\n    except asyncio.CancelledError:\n        return",
    "task.cancel()\nwhile True:\n    try:\n        await task\n    except asyncio.CancelledError:\n        pass",
    "task.cancel()\nwith contextlib.suppress(asyncio.CancelledError):\n    await task",
    "async def inner():\n    await helper(ctx)\ntry:\n    print(1)\nexcept BaseException:\n    pass",
]


@pytest.mark.parametrize("code", NOT_SWALLOWED)
def test_a_handler_that_passes_the_cancellation_on_is_left_alone(code: str) -> None:
    assert rules_in(inside(code)) == []


def test_a_comment_suppresses_its_rule_in_the_first_or_last_line_of_a_call() -> None:
    assert rules_in(inside("time.sleep(1)  # noqa: PO101")) == []
    assert rules_in(inside("time.sleep(1)  # noqa: S101, PO101 - for the test")) == []
    assert rules_in(inside("time.sleep(\n    1\n)  # NOQA: po101")) == []
    assert rules_in(inside("time.sleep(1)  # noqa")) == ["PO101:2"]
    assert rules_in(inside("time.sleep(1), '# noqa: PO101'")) == ["PO101:2"]


def test_a_comment_that_suppresses_nothing_is_found() -> None:
    assert rules_in(inside("time.sleep(1)  # noqa: PO102")) == ["PO100:2", "PO101:2"]
    assert rules_in(inside("pass  # noqa: E501")) == []
    assert rules_in(inside("ctx.lister_for('v1/Pod')  # noqa: PO103")) == []
    assert rules_in(inside("ctx.lister_for('v1/Node')  # noqa: PO103"), DECLARED) == ["PO100:2"]


def test_a_finding_names_its_column_in_characters() -> None:
    ((_, _, found),) = lint("import time\nasync def f():\n    ä = 'ö'; time.sleep(1)\n".encode(), {}, None)
    assert (found.line, found.column) == (3, 14)
    assert found.message == (
        "time.sleep() blocks the event loop of all plugins: await asyncio.sleep(…), or return Result(requeue_after=…)"
    )


def test_each_rule_has_an_id_of_its_own() -> None:
    assert len({each.rule.id for each in LINTS}) == len(LINTS)


@pytest.mark.parametrize("path", [*ROOT.glob("plugins/*.py"), *ROOT.glob("docs/examples/plugins/*.py")], ids=str)
def test_the_shipped_plugins_have_no_findings(path: Any) -> None:
    assert lint(path.read_bytes(), {}, None) == []


@pytest.mark.parametrize("block", blocks_in("python"), ids=str)
def test_the_code_in_the_docs_has_no_findings_but_those_it_shows(block: Any) -> None:
    found = {rule for rule, _, _ in lint(block.code.encode(), {}, None)}
    assert found == ({"PO101"} if block.page == "docs/checking-plugins.md" else set())
