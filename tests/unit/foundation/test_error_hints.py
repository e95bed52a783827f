"""The fix that comes with exceptions of plugin code."""

import asyncio
import linecache
import textwrap
from collections.abc import Coroutine
from typing import Any

import pytest

import plugin_operator
from plugin_operator import Request
from plugin_operator.error_hints import described, hint_for
from plugin_operator.rendering import describe
from plugin_operator.testing import fake_context

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "uid": "u"}, "spec": {}}
HEAD = "import plugin_operator\nfrom plugin_operator import Result\nfrom plugin_operator.kinds import core_v1\n"
FILE = "a_plugin_in_a_test.py"


def raised_by(code: str) -> BaseException:
    """Return what a reconciler with these lines raises."""
    source = f"{HEAD}async def reconcile(ctx, request, obj):\n{textwrap.indent(code, '    ')}\n"
    names: dict[str, Any] = {}
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    exec(compile(source, FILE, "exec"), names)
    ctx = fake_context([POD], request=Request("b", "a"))
    reconcile: Coroutine[Any, Any, None] = names["reconcile"](ctx, ctx.request, ctx.lister.get(ctx.request))
    try:
        asyncio.run(reconcile)
    except BaseException as error:  # noqa: BLE001 - it is the result
        return error
    raise AssertionError(f"{code!r} raised nothing")


SPEC = "class Spec(plugin_operator.Struct):\n    size: int\n"
STATUS = "write 'async with ctx.status(obj) as status:' and change status inside"


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("with ctx.status(obj) as status:\n    pass", STATUS),
        ("with ctx.status as status:\n    pass", STATUS),
        ("async with ctx.status as status:\n    pass", STATUS),
        ("await ctx.status(obj)", STATUS),
        ("ctx.status['ready'] = 1", STATUS),
        ("ctx.status(obj)['ready'] = 1", STATUS),
        ("ctx.status.ready = 1", STATUS),
        ("ctx.status['ready']", STATUS),
        ("Result(requeueAfter=5)", "Result() has no argument 'requeueAfter': did you mean 'requeue_after'?"),
        ("plugin_operator.Result(after=5)", "Result() has no argument 'after': did you mean 'requeue_after'?"),
        ("core_v1.ObjectMeta(name='a')", "add 'from plugin_operator import Metadata'"),
        ("core_v1.V1Secret()", "has no attribute 'V1Secret': did you mean core_v1.Secret?"),
        ("core_v1.Secrte()", "did you mean core_v1.Secret?"),
        ("core_v1.Deployment()", "Deployment is in apps_v1: add 'from plugin_operator.kinds import apps_v1'"),
        ("ctx.logger.info('a')", "did you mean ctx.log?"),
        ("await ctx.patch(obj)", "did you mean ctx.client.patch?"),
        ("ctx.namespace", "did you mean ctx.request.namespace?"),
        ("import plugin_operator.kinds as k; k.Deployment", "kinds import apps_v1' and apps_v1.Deployment"),
        ("import plugin_operator.kinds as k; k.apps", "did you mean 'apps_v1'?"),
        (f"{SPEC}    Size: int\n    size_: int", "rename one, or write msgspec.field(name=…)"),
        (
            "plugin_operator.Quantity('1Gi')",
            "Quantity is a type: write its value alone, a text or a number",
        ),
        ("ctx.ensureFinalizer", "did you mean ensure_finalizer?"),
        ("await ctx.client.aply(obj)", "did you mean apply?"),
        (
            "obj.metadata.name",
            "write ['metadata'], or name its kind by a class (in a declaration or call, or as kind= of fake_context)",
        ),
        (
            "ctx.client.list('v1/Pod', labels='a')",
            "ctx.client.list() has no argument 'labels': did you mean 'label_selector'?",
        ),
        (
            "ctx.client.delete(obj, missing=True)",
            "ctx.client.delete() has no argument 'missing': did you mean 'missing_ok'?",
        ),
        ("ctx.lister.list(namespce='a')", "ctx.lister.list() has no argument 'namespce': did you mean 'namespace'?"),
        ("ctx.enqueue(after_seconds=3)", "ctx.enqueue() has no argument 'after_seconds': did you mean 'after'?"),
        (
            "plugin_operator.TemporaryError('a', retry_after=3)",
            "TemporaryError() has no argument 'retry_after': did you mean 'retry_after_seconds'?",
        ),
        (
            "OwnerReference = plugin_operator.OwnerReference\nOwnerReference(\n    nam='ä',\n)",
            "OwnerReference() has no argument 'nam': did you mean 'name'?",
        ),
        (
            "from plugin_operator import kube\n'ä', kube.OwnerReference(nam='a')",
            "kube.OwnerReference() has no argument 'nam': did you mean 'name'?",
        ),
        (
            "import msgspec\nclass Spec(msgspec.Struct):\n    size: int\nSpec()",
            "Spec() lacks the argument 'size': its arguments are size",
        ),
        (
            "plugin_operator.GroupVersionKind('apps', 'v1', 'Deployment', 'web')",
            "GroupVersionKind() takes at most 3 positional arguments: its arguments are group, version, kind",
        ),
        (
            "import dataclasses\ndataclasses.replace(plugin_operator.Child(obj), obj={})",
            "write msgspec.structs.replace, for Child is a struct of msgspec",
        ),
        ("ctx.recorder.event('Normal', 'a', 'b')", "its arguments are about, type, reason, message"),
        (f"{SPEC}Spec(size=1)['size']", "an object of a class has attributes: write .size"),
        (f"{SPEC}Spec(size=1)['sise'] = 1", "an object of a class has attributes: write .size"),
        (f"{SPEC}Spec(size=1).sise", "did you mean size?"),
        ("await ctx.lister.get(request)", "ctx.lister reads the cache at once: call it without await"),
        ("ctx.lister.list()['items']", "list() returns the objects as a list: use it without ['items']"),
        ("raise TerminalError('a')", "add 'from plugin_operator import TerminalError'"),
        ("raise TerminalEror('a')", "did you mean 'TerminalError', of plugin_operator?"),
    ],
)
def test_a_wrong_use_of_the_api_is_described_with_the_fix(code: str, fix: str) -> None:
    error = raised_by(code)
    assert described(error) == f"{type(error).__name__}: {hint_for(error)}"
    assert hint_for(error).endswith(fix)


@pytest.mark.parametrize(
    "code",
    [
        "len(1)",
        "open('nothing')",
        "{}.spam",
        "ctx.spam",
        "a = [1]\na['a']",
        "a = 1\na['size']",
        "await obj",
        "raise AttributeError(\"'dict' object has no attribute\")",
        "def own(a): ...\nown(b=1)",
        "class Lister:\n    def list(self): ...\nLister().list(a=1)",
        "raise TypeError(\"Unexpected keyword argument 'a'\")",
        "def status(a): ...\nwith status as ctx_status:\n    pass",
        "class Context:\n    pass\nContext().logger",
        "spam()",
        "import dataclasses\ndataclasses.replace(obj, metadata=None)",
        "class Own(TypeError):\n    pass\nraise Own(\"Result() got an unexpected keyword argument 'a'\")",
        "raise SystemExit(1)",
    ],
)
def test_another_exception_is_described_as_it_is(code: str) -> None:
    error = raised_by(code)
    assert hint_for(error) == ""
    assert described(error, 100) == describe(error, 100)


def test_an_object_that_raises_when_it_is_looked_at_costs_its_hint_only() -> None:
    code = """\
    class Evil(type):
        def __getattribute__(cls, name):
            raise SystemExit("evil")
        def __dir__(cls):
            raise SystemExit("evil")
    class Own(metaclass=Evil):
        __module__ = "plugin_operator.evil"
    raise AttributeError("'Own' object has no attribute 'metadat'", obj=Own())
    """
    assert described(raised_by(textwrap.dedent(code))) == "AttributeError: 'Own' object has no attribute 'metadat'"


def test_each_alias_of_a_context_is_no_attribute_of_it() -> None:
    from plugin_operator.error_hints import CONTEXT_ALIASES

    assert not [name for name in CONTEXT_ALIASES if hasattr(plugin_operator.Context, name)]


@pytest.mark.parametrize(
    "code",
    [
        "await ctx.ensure_finalizer(request)",
        "async with ctx.status(request):\n    pass",
        "await ctx.client.update(request)",
    ],
)
def test_a_request_in_place_of_an_object_is_named_with_the_way_to_the_object(code: str) -> None:
    found = "a Request names an object and is none: pass the object, ctx.lister.get(request)"
    assert str(raised_by(code)).startswith(found)
