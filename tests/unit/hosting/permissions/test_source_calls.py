"""Permissions by the source of a plugin: which calls are found, of which kinds, and what is reported as unclear."""

from textwrap import dedent

import pytest

from plugin_operator.hosting.permissions.declared import DeclaredCache, DeclaredController
from plugin_operator.hosting.permissions.needs import explained
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.analysis import needs_in_source
from plugin_operator.hosting.permissions.source.source_needs import SourceNeeds
from plugin_operator.kube import GroupVersionKind
from plugin_operator.plugin import Permission, permission

CONFIGMAP = GroupVersionKind("", "v1", "ConfigMap")
POD = "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': name, 'namespace': name}}"


def analysed(
    source: str,
    helpers: dict[str, str] | None = None,
    *,
    permissions: tuple[Permission, ...] = (),
    is_renamed: bool = False,
) -> SourceNeeds:
    """Return what the source of the plugin ``web`` needs, with helper modules by name."""
    files = {f"{name}.py": dedent(text).encode() for name, text in {"web": source, **(helpers or {})}.items()}
    cache = DeclaredCache(GroupVersionKind("", "v1", "Secret"), name="copies")
    declared = DeclaredController(
        "web", for_=CONFIGMAP, caches=(cache,), permissions=permissions, is_renamed=is_renamed
    )
    return needs_in_source("web", files, "plugins", [declared], ResourceTable())


def rules(source: str, helpers: dict[str, str] | None = None) -> list[str]:
    """Return the rules as text: ``delete pods``, or ``get,list deployments.apps a b`` with names."""
    found = analysed(source, helpers)
    assert found.unclear == ()
    return [shown(each.rule) for each in explained(found.needs)]


def shown(rule: Permission) -> str:
    resource = ".".join(each for each in (rule.resources[0], rule.api_groups[0]) if each)
    return " ".join((",".join(rule.verbs), resource, *rule.resource_names))


def body(*lines: str) -> str:
    """Return a plugin whose reconciler has these lines."""
    inside = "\n".join(f"    {line}" for line in lines)
    return f"async def reconcile(ctx, request):\n{inside}\n"


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("ctx.client.get('v1/Pod', request)", "get pods"),
        ("ctx.client.list('apps/v1/Deployment')", "list deployments.apps"),
        (f"ctx.client.create({POD})", "create pods"),
        (f"ctx.client.update({POD})", "update pods"),
        (f"ctx.client.update_status({POD})", "update pods/status"),
        ("ctx.client.patch('v1/Pod', request, {})", "patch pods"),
        ("ctx.client.patch('v1/Pod', request, {}, subresource='resize')", "patch pods/resize"),
        ("ctx.client.patch_status('v1/Pod', request, {})", "patch pods/status"),
        ("ctx.client.scale('apps/v1/Deployment', request, 0)", "patch deployments/scale.apps"),
        (f"ctx.client.apply({POD})", "create,patch pods"),
        (f"ctx.client.apply({POD}, subresource='status')", "patch pods/status"),
        ("ctx.client.delete('v1/Pod', request)", "delete pods"),
        ("ctx.client.delete_collection('v1/Pod', request.namespace)", "deletecollection pods"),
        ("ctx.client.evict(request)", "create pods/eviction"),
        ("ctx.ensure_finalizer(ctx.lister.get(request))", "patch configmaps"),
        ("ctx.remove_finalizer(ctx.lister.get(request))", "patch configmaps"),
        ("ctx.set_owner({}, owner=ctx.lister.get(request))", "update configmaps/finalizers"),
        ("ctx.recorder.event(obj, 'Normal', 'A', 'b')", "create,patch events"),
        ("ctx.client.delete(kind='v1/Pod', name=request)", "delete pods"),
    ],
)
def test_each_call_needs_its_verb(call: str, rule: str) -> None:
    assert rules(body("name = request.name", f"await {call}")) == [rule]


def test_an_owner_that_does_not_block_needs_no_rule() -> None:
    assert rules(body("ctx.set_owner({}, owner=ctx.lister.get(request), controller=False)")) == []
    assert rules(body("ctx.set_owner({}, owner=ctx.lister.get(request), block_owner_deletion=False)")) == []


@pytest.mark.parametrize(
    "lines",
    [
        ("client = ctx.client", "await client.delete('v1/Pod', request)"),
        ("delete = ctx.client.delete", "await delete('v1/Pod', request)"),
        ("await getattr(ctx.client, 'delete')('v1/Pod', request)",),
        ("await getattr(ctx, 'client').delete('v1/Pod', request)",),
        ("await ctx.client.delete(f'v1/{\"Pod\"}', request)",),
        ("await ctx.client.delete('v1/' + 'Pod', request)",),
        ("kind = 'v1/Pod' if request else None", "await ctx.client.delete(kind, request)"),
        ("for kind in ('v1/Pod',):", "    await ctx.client.delete(kind, request)"),
        ("for number, kind in enumerate(['v1/Pod']):", "    await ctx.client.delete(kind, request)"),
        ("for kind, x in {'v1/Pod': 1}.items():", "    await ctx.client.delete(kind, request)"),
        ("a, b = 1, 'v1/Pod'", "await ctx.client.delete(b, request)"),
        ("kinds = {'a': 'v1/Pod'}", "await ctx.client.delete(kinds['a'], request)"),
        ("kinds = []", "kinds.append('v1/Pod')", "await ctx.client.delete(kinds[0], request)"),
        ("for pod in await ctx.client.list('v1/Pod'):", "    await ctx.client.delete(pod)"),
        ("import asyncio", "await asyncio.gather(*(ctx.client.delete(p) for p in await ctx.client.list('v1/Pod')))"),
        ("import functools", "await functools.partial(ctx.client.delete, 'v1/Pod')(request)"),
        ("from plugin_operator import GroupVersionKind as G", "await ctx.client.delete(G('', 'v1', 'Pod'), request)"),
        ("from plugin_operator import GroupVersionKind as G", "await ctx.client.delete(G.parse('v1/Pod'), request)"),
        ("from kubernetes_asyncio.client import V1Pod", "await ctx.client.delete(V1Pod, request)"),
        ("from kubernetes_asyncio import client as k", "await ctx.client.delete(k.V1Pod(metadata={}))"),
        ("obj = {}", "obj['kind'] = 'Pod'", "obj['apiVersion'] = 'v1'", "await ctx.client.delete(obj)"),
        ("obj = dict(apiVersion='v1', kind='Pod')", "await ctx.client.delete(obj)"),
        ("obj = {'kind': 'Pod'} | {'apiVersion': 'v1'}", "await ctx.client.delete(obj)"),
        ("base = {'apiVersion': 'v1', 'kind': 'Pod'}", "await ctx.client.delete({**base, 'metadata': {}})"),
        ("import copy", "base = {'apiVersion': 'v1', 'kind': 'Pod'}", "await ctx.client.delete(copy.deepcopy(base))"),
        ("def remove(kind):", "    return ctx.client.delete(kind, request)", "await remove('v1/Pod')"),
        ("remove = lambda kind: ctx.client.delete(kind, request)", "await remove('v1/Pod')"),
        ("if (client := ctx.client):", "    await client.delete('v1/Pod', request)"),
        ("match request:", "    case _:", "        await ctx.client.delete('v1/Pod', request)"),
        ("try:", "    pass", "except ValueError:", "    await ctx.client.delete('v1/Pod', request)"),
        ("ctx.wait(ctx.client.delete('v1/Pod', request))",),
    ],
)
def test_the_same_call_is_found_in_each_form(lines: tuple[str, ...]) -> None:
    found = rules(body(*lines))
    assert [each.replace("delete,list", "delete").replace("list,delete", "delete") for each in found] == ["delete pods"]


def test_objects_of_caches_have_the_kind_of_their_cache() -> None:
    source = body(
        "for copy in ctx.lister_for('copies').list():",
        "    await ctx.client.delete(copy)",
        "own = ctx.lister.get(request)",
        "await ctx.client.update({**own, 'data': {}})",
        "await ctx.client.patch(ctx.lister_for('apps/v1/Deployment').get(request), {})",
    )
    assert rules(source) == ["update configmaps", "delete secrets", "patch deployments.apps"]


def test_calls_in_classes_and_their_helpers_count() -> None:
    source = """
    class Base:
        def __init__(self):
            self.kind = "v1/Pod"

        async def remove(self, ctx, request):
            await ctx.client.delete(self.kind, request)

    class Web(Base):
        async def start(self, ctx):
            self.client = ctx.client

        async def reconcile(self, ctx, request):
            await self.remove(ctx, request)
            await self.client.get(self.wanted, request)

        @property
        def wanted(self):
            return "v1/Secret"

    def new_controller():
        return Web()
    """
    assert rules(source) == ["delete pods", "get secrets"]


HELPER = """
KIND = "v1/Pod"

async def remove(api, kind, request):
    await api.delete(kind, request)
"""


@pytest.mark.parametrize(
    "imports",
    [
        ("import helper", "helper.remove", "helper.KIND"),
        ("import helper as h", "h.remove", "h.KIND"),
        ("from helper import remove, KIND", "remove", "KIND"),
        ("from helper import *", "remove", "KIND"),
        ("import importlib; h = importlib.import_module('helper')", "h.remove", "h.KIND"),
    ],
)
def test_calls_in_helper_files_count(imports: tuple[str, str, str]) -> None:
    statement, function, kind = imports
    source = f"{statement}\n" + body(f"await {function}(ctx.client, {kind}, request)")
    assert rules(source, {"helper": HELPER}) == ["delete pods"]


def test_calls_in_a_package_count() -> None:
    files = {"tool/__init__": "from .inner import remove\nKIND = 'v1/Pod'", "tool/inner": HELPER}
    source = "from tool import remove\nfrom tool import KIND as K\n" + body("await remove(ctx.client, K, request)")
    assert rules(source, files) == ["delete pods"]


def test_modules_that_import_all_of_each_other_end() -> None:
    source = "from a import *\n" + body("await missing(ctx.client)", "await ctx.client.delete('v1/Pod', request)")
    assert rules(source, {"a": "from b import *", "b": "from a import *"}) == ["delete pods"]


def test_a_literal_name_narrows_the_rule() -> None:
    assert rules(body("await ctx.client.get('v1/Secret', 'ca', 'system')")) == ["get secrets ca"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "ca", "namespace": "a"}}
    applied = body(f"await ctx.client.apply({secret})")
    assert rules(applied) == ["create,patch secrets ca"]
    either = body("name = 'ca' if request else request.name", "await ctx.client.get('v1/Secret', name, 'system')")
    assert rules(either) == ["get secrets"]


def test_a_literal_namespace_is_the_only_one_of_the_call() -> None:
    (need,) = analysed(body("await ctx.client.get('v1/Secret', 'ca', 'system')")).needs
    assert need.namespaces == ("system",)
    (need,) = analysed(body("await ctx.client.list('v1/Secret')")).needs
    assert (need.namespaces, need.is_of_all) == (None, True)
    (need,) = analysed(body("await ctx.client.list('v1/Secret', request.namespace)")).needs
    assert (need.namespaces, need.is_of_all) == (None, False)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("await ctx.client.delete(request.kind, request)",), "cannot tell the kind"),
        (("import json", "await ctx.client.delete(json.loads('{}'))"), "cannot tell the kind"),
        (("await ctx.client.delete({'apiVersion': 'v1', 'kind': request.name})",), "cannot tell the kind"),
        (("await ctx.client.delete({**request.obj})",), "cannot tell the kind"),
        (("await ctx.client.patch('v1/Pod', request, {}, subresource=request.x)",), "cannot tell the subresource"),
        (("await getattr(ctx.client, request.verb)('v1/Pod', request)",), "cannot tell the method"),
        (("import lib", "await lib.run(ctx.client)"), "other code gets ctx.client"),
        (("import lib", "await lib.run(ctx)"), "other code gets ctx"),
        (("import lib", "await lib.run(ctx.client.delete)"), "other code gets ctx.client"),
        (("exec('await ctx.client.delete()')",), "exec() runs code"),
        (("from kubernetes_asyncio import client", "client.CoreV1Api()"), "another library"),
        (("arguments = request.all", "await ctx.client.delete(*arguments)"), "cannot tell the kind"),
    ],
)
def test_what_the_source_does_not_show_is_reported_by_line(lines: tuple[str, ...], reason: str) -> None:
    (unclear,) = analysed(body(*lines)).unclear
    assert str(unclear).startswith(f"plugins/web.py:{1 + len(lines)}: ")
    assert reason in str(unclear)
    assert "permissions=[permission(" in str(unclear)


def test_a_declared_permission_with_the_verb_accounts_for_an_unclear_call() -> None:
    source = body("await ctx.client.delete(request.kind, request)")
    assert analysed(source, permissions=(permission("pods", ["delete"]),)).unclear == ()
    assert len(analysed(source, permissions=(permission("pods", ["get"]),)).unclear) == 1
    assert len(analysed(source, permissions=(permission("pods/status", ["delete"]),)).unclear) == 1


def test_a_value_that_is_only_partly_known_is_reported_with_what_is_known() -> None:
    found = analysed(body("kind = 'v1/Pod' if request else request.kind", "await ctx.client.delete(kind, request)"))
    assert [shown(each.rule) for each in explained(found.needs)] == ["delete pods"]
    assert "cannot tell the kind" in str(found.unclear[0])


@pytest.mark.parametrize(
    "text",
    ["x = " + "+".join(["1"] * 20000), "x = " + "(" * 150 + ")" * 150, "def f(:\n", "\0"],
)
def test_a_hostile_file_is_reported_and_raises_nothing(text: str) -> None:
    found = analysed(body("await ctx.client.delete('v1/Pod', request)"), {"helper": text})
    assert all("declare permissions=" in str(each) for each in found.unclear)


def test_a_text_that_grows_without_end_is_unknown() -> None:
    lines = ("kind = 'v1/Pod'", "while True:", "    kind = kind + 'x'", "await ctx.client.delete(kind, request)")
    assert "cannot tell the kind" in str(analysed(body(*lines)).unclear[0])


def test_a_large_file_is_analysed_in_seconds() -> None:
    one = "async def f{0}(ctx, request):\n    pod = make{0}(request)\n    await ctx.client.apply(pod)\n\n"
    one += "def make{0}(request):\n    return {{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {{}}}}\n\n"
    source = "".join(one.format(number) for number in range(1500))
    source += body(*(f"await f{number}(ctx, request)" for number in range(1500)))
    assert rules(source) == ["create,patch pods"]


def test_each_controller_of_a_factory_is_granted_its_own_kind() -> None:
    source = dedent("""
        from plugin_operator import controller
        def make(kind):
            @controller(for_=kind, name=kind)
            async def reconcile(ctx, request):
                await ctx.client.update(ctx.lister.get(request))
            return reconcile
        a, b = make("v1/ConfigMap"), make("v1/Secret")
    """)
    declared = [
        DeclaredController(kind, "plugins/web.py:4", 4, GroupVersionKind("", "v1", kind))
        for kind in ("ConfigMap", "Secret")
    ]
    found = needs_in_source("web", {"web.py": source.encode()}, "plugins", declared, ResourceTable())
    assert [shown(each.rule) for each in explained(found.needs)] == ["update configmaps", "update secrets"]


ASYNC_MANAGER = """
@asynccontextmanager
async def locked(ctx):
    yield ctx.client
"""
MANAGER = """
@contextmanager
def locked(ctx):
    yield ctx.client
"""
CLASS_OF_MANAGERS = """
class Locked:
    def __init__(self, ctx): self.ctx = ctx
    async def __aenter__(self): return self.ctx.client
    async def __aexit__(self, *error): pass
"""
GENERATOR = """
def clients(ctx):
    yield ctx.client
"""
CLASS_METHOD = """
class Api:
    @classmethod
    async def clean(cls, c): await CALL
"""
INHERITED = """
class Base:
    def __init__(self, c): self.c = c
class Api(Base):
    def __init__(self, c): super().__init__(c)
    async def clean(self):
        c = self.c
        await CALL
"""


@pytest.mark.parametrize(
    ("helper", "lines"),
    [
        (ASYNC_MANAGER, ["async with locked(ctx) as c: await CALL"]),
        (MANAGER, ["with locked(ctx) as c: await CALL"]),
        (CLASS_OF_MANAGERS, ["async with Locked(ctx) as c: await CALL"]),
        (GENERATOR, ["c = next(clients(ctx))", "await CALL"]),
        (CLASS_METHOD, ["await Api.clean(ctx.client)"]),
        (INHERITED, ["await Api(ctx.client).clean()"]),
    ],
    ids=["async context manager", "context manager", "aenter", "next", "class method", "super"],
)
def test_a_client_is_followed_through_helpers(helper: str, lines: list[str]) -> None:
    source = f"from contextlib import asynccontextmanager, contextmanager\n{helper}{body(*lines)}"
    assert rules(source.replace("CALL", "c.delete('v1/Pod', 'p', 'n')")) == ["delete pods p"]


@pytest.mark.parametrize("permissions", [(), (permission("pods", "delete"),)])
def test_a_kind_that_cannot_exist_gets_no_rule_but_the_way_out(permissions: tuple[Permission, ...]) -> None:
    found = analysed(body("await ctx.client.delete('v1/Configmap', 'a', 'b')"), permissions=permissions)
    assert found.needs == ()
    (unclear,) = found.unclear
    assert str(unclear).startswith("plugins/web.py:2: ctx.client.delete of v1/Configmap fails: ")
    assert "ConfigMap" in str(unclear)


@pytest.mark.parametrize(
    ("call", "rules_of_it"),
    [
        (f"ctx.client.apply({POD})", {"create,get,patch pods"}),
        (f"ctx.client.apply({POD}, subresource='status')", {"get,patch pods", "patch pods/status"}),
        (f"ctx.client.update({POD})", {"update pods"}),
    ],
)
def test_an_apply_of_a_renamed_controller_moves_the_fields_of_its_former_ids(call: str, rules_of_it: set[str]) -> None:
    found = analysed(body(f"await {call}"), is_renamed=True)
    merged: dict[str, set[str]] = {}
    for each in explained(found.needs):
        verbs, resource, *_ = shown(each.rule).split(" ")
        merged.setdefault(resource, set()).update(verbs.split(","))
    assert {f"{','.join(sorted(verbs))} {resource}" for resource, verbs in merged.items()} == rules_of_it


TYPED = """
from plugin_operator import ApiObject, Context, Metadata, resource

@resource("example.com/v1/Widget")
class Widget(ApiObject):
    pass

async def reconcile(ctx: Context[Widget], request):
"""


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("await ctx.client.get(Widget, request)", "get widgets.example.com"),
        ("await ctx.client.list(Widget)", "list widgets.example.com"),
        ("await ctx.client.create(Widget(metadata=Metadata(name='a')))", "create widgets.example.com"),
        ("await ctx.client.apply(Widget())", "create,patch widgets.example.com"),
        ("await ctx.client.update(await ctx.client.get(Widget, request))", "get,patch widgets.example.com"),
        (
            "await ctx.client.update_status(ctx.lister_for(Widget).get(request))",
            "patch widgets/status.example.com",
        ),
        ("await ctx.client.delete(Widget, request)", "delete widgets.example.com"),
    ],
)
def test_a_class_with_resource_names_its_kind_and_its_updates_are_patches(call: str, rule: str) -> None:
    assert rule in rules(f"{TYPED}    {call}\n")


@pytest.mark.parametrize(
    "sign",
    [
        "other = 'example.com/v1/Widget'",
        "other = ctx.lister.raw(request)",
        "other = getattr(ctx.lister, 'raw')(request)",
        "other = {'kind': 'Widget'}",
        "other = f'{request.name}/v1/Widget'",
        "import kubernetes_asyncio.client",
        "from kubernetes_asyncio.client import V1Pod",
    ],
)
def test_an_update_of_what_may_be_a_dict_of_the_kind_keeps_both_verbs(sign: str) -> None:
    call = "await ctx.client.update(await ctx.client.get(Widget, request))"
    assert "get,update,patch widgets.example.com" in rules(f"{TYPED}    {sign}\n    {call}\n")


def test_a_docstring_an_annotation_and_other_texts_make_no_object_a_dict() -> None:
    lines = ("'A Widget.'", "found: 'Widget | None' = None", "ctx.log.info('Widgets')")
    call = "await ctx.client.update(await ctx.client.get(Widget, request))"
    code = TYPED + "".join(f"    {each}\n" for each in (*lines, call))
    assert "get,patch widgets.example.com" in rules(code)


def test_a_class_with_resource_may_be_in_a_helper() -> None:
    helper = TYPED.partition("async def")[0]
    source = "from kinds import Widget\nasync def reconcile(ctx, request):\n    await ctx.client.get(Widget, request)\n"
    assert rules(source, {"kinds": helper}) == ["get widgets.example.com"]


BUILTIN = """
from plugin_operator import Context, Metadata
from plugin_operator.kinds import apps_v1, core_v1
from plugin_operator.kinds.rbac_v1 import ClusterRole, PolicyRule

async def reconcile(ctx: Context[apps_v1.Deployment], request):
"""


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("await ctx.client.get(apps_v1.Deployment, request)", "get deployments.apps"),
        ("await ctx.client.list(ClusterRole)", "list clusterroles.rbac.authorization.k8s.io"),
        (
            "await ctx.client.apply(core_v1.Secret(metadata=Metadata(name=request.name, namespace='a')))",
            "create,patch secrets",
        ),
        (
            "await ctx.client.update(await ctx.client.get(apps_v1.Deployment, request))",
            "get,patch deployments.apps",
        ),
    ],
)
def test_a_class_of_a_built_in_kind_names_it_and_its_updates_are_patches(call: str, rule: str) -> None:
    assert rule in rules(f"{BUILTIN}    {call}\n")


@pytest.mark.parametrize(
    "source",
    [
        """
        @controller(for_='v1/ConfigMap', cleanup=gone)
        async def reconcile(ctx, request): ...
        async def gone(ctx, obj):
            await ctx.client.patch(obj, {})
        """,
        """
        @controller(for_='v1/ConfigMap')
        class Web:
            async def reconcile(self, ctx, request): ...
            async def cleanup(self, ctx, obj):
                await ctx.client.patch(obj, {})
        """,
    ],
)
def test_the_object_of_a_cleanup_has_the_kind_of_its_controller(source: str) -> None:
    cache = DeclaredCache(CONFIGMAP)
    declared = DeclaredController("web", "plugins/web.py:2", 2, CONFIGMAP, (cache,), cleans_up=True)
    found = needs_in_source("web", {"web.py": dedent(source).encode()}, "plugins", [declared], ResourceTable())
    assert found.unclear == ()
    assert [shown(each.rule) for each in found.needs] == ["patch configmaps"]
