"""What a module declares, and how it is told what is wrong with it."""

import re
import sys
import textwrap
import types

import pytest

from plugin_operator.controllers import Result
from plugin_operator.errors import PluginRejected
from plugin_operator.kube import GroupVersionKind, NamespacedName, is_without_generation
from plugin_operator.plugin import ControllerDeclaration, Permission, collect, summary

HEADER = (
    "from plugin_operator.plugin import controller, watch, permission; "
    "from plugin_operator.kube import GroupVersionKind; from asyncio import sleep as later; "
    "from plugin_operator.controllers import generation_changed, labels_changed\n"
)


@pytest.fixture
def load(request):
    """Run source text as a module named like a file and collect what it declares."""
    names = []

    def run(source: str, name: str = "sample") -> tuple[ControllerDeclaration, ...]:
        module = types.ModuleType(name)
        module.__file__ = f"/plugins/{name}.py"
        sys.modules[name] = module
        names.append(name)
        exec(compile(HEADER + textwrap.dedent(source), module.__file__, "exec"), vars(module))
        return collect(module)

    yield run
    for name in names:
        sys.modules.pop(name, None)


def test_a_decorated_function_is_a_controller_named_after_it(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap")
        async def configmap(ctx, request): ...
    """)
    assert declared.name == "configmap"
    assert declared.for_ == GroupVersionKind("", "v1", "ConfigMap")
    assert (declared.path, declared.line) == ("/plugins/sample.py", 3)


def test_a_function_named_reconcile_takes_the_name_of_its_file(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap")
        async def reconcile(ctx, request): ...
    """)
    assert declared.name == "sample"


def test_what_the_init_of_a_decorated_class_sets_outranks_the_decorator(load):
    (declared,) = load("""
        @controller(for_="apps/v1/Deployment", resync_seconds=5)
        class Web:
            def __init__(self):
                self.reads, self.resync_seconds = ["v1/Pod"], 7
            def __call__(self): ...
            async def reconcile(self, ctx, request): ...
    """)
    assert declared.reads == (GroupVersionKind("", "v1", "Pod"),)
    assert declared.resync_seconds == 7


def test_a_decorated_class_is_made_once_and_its_hooks_are_found(load):
    (declared,) = load("""
        @controller(for_="apps/v1/Deployment", owns=["apps/v1/ReplicaSet"])
        class Web:
            async def reconcile(self, ctx, request): return self.__class__.__name__
            async def start(self, ctx): ...
            def export_state(self): return {}
            def import_state(self, state): ...
    """)
    assert declared.name == "web"
    assert declared.owns == (GroupVersionKind("apps", "v1", "ReplicaSet"),)
    assert declared.start is not None
    assert declared.stop is None


def test_a_factory_declares_with_attributes(load):
    (declared,) = load("""
        class Controller:
            for_ = "v1/Secret"
            name = "secrets"
            max_concurrent_reconciles = 4
            permissions = [permission("secrets", ["get", "list", "watch"])]
            async def reconcile(self, ctx, request): ...
        def new_controller(): return Controller()
    """)
    assert declared.name == "secrets"
    assert declared.max_concurrent_reconciles == 4
    assert declared.permissions == (Permission(("",), ("secrets",), ("get", "list", "watch")),)


def test_an_async_factory_may_return_several(load):
    found = load("""
        class Controller:
            for_ = "v1/Secret"
            def __init__(self, name): self.name = name
            async def reconcile(self, ctx, request): ...
        async def new_controller(): return [Controller("a"), Controller("b")]
    """)
    assert [each.name for each in found] == ["a", "b"]


def test_a_factory_that_returns_a_decorated_class_declares_it_once(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", name="once")
        class Controller:
            async def reconcile(self, ctx, request): ...
        def new_controller(): return Controller()
    """)
    assert declared.name == "once"


def test_a_controller_imported_from_elsewhere_is_not_declared_again(load):
    load(
        """
        @controller(for_="v1/ConfigMap")
        async def theirs(ctx, request): ...
        """,
        "other",
    )
    (declared,) = load("""
        from other import theirs
        @controller(for_="v1/ConfigMap")
        async def ours(ctx, request): ...
    """)
    assert declared.name == "ours"


def test_a_mapping_is_a_label_selector(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", label_selector={"app": "web"}, namespaces=["a", "b", "a"])
        async def one(ctx, request): ...
    """)
    assert declared.label_selector == "app=web"
    assert declared.namespaces == ("a", "b")


def test_a_watch_maps_an_object_to_requests(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", watches=[watch("v1/Secret", map=lambda obj: [])], reads=["v1/Node"])
        async def one(ctx, request): ...
    """)
    assert [str(kind) for kind in declared.kinds] == ["v1/ConfigMap", "v1/Secret", "v1/Node"]


def test_the_controllers_of_a_plugin_share_one_bound_on_what_runs_at_once(load):
    with pytest.raises(PluginRejected, match="max_concurrent_reconciles: 1001 reconciles at once") as refused:
        load("""
            @controller(for_="v1/ConfigMap", max_concurrent_reconciles=600)
            async def one(ctx, request): ...
            @controller(for_="v1/Secret", max_concurrent_reconciles=401)
            async def two(ctx, request): ...
        """)
    assert refused.value.line


def test_a_controller_signs_with_its_name_unless_it_has_an_id(load):
    found = load("""
        @controller(for_="v1/ConfigMap")
        async def named(ctx, request): ...

        @controller(for_="v1/ConfigMap", id="first-name")
        async def renamed(ctx, request): ...

        class Made:
            for_ = "v1/Secret"
            name = "made"
            id = "a" * 63
            async def reconcile(self, ctx, request): ...
        def new_controller(): return Made()
    """)
    assert [each.signature for each in found] == [
        "plugin-operator/named",
        "plugin-operator/first-name",
        "plugin-operator/" + 63 * "a",
    ]
    assert summary(found[1])["id"] == "first-name"


@pytest.mark.parametrize("kind", ["apps/v1/Deployment", "example.com/v1/Secret", "v1/Pod"])
def test_generations_are_compared_where_there_may_be_some(load, kind):
    (declared,) = load(f"""
        @controller(for_={kind!r}, predicates=[generation_changed])
        async def one(ctx, request): ...
    """)
    assert declared.predicates[0].needs_generation


def test_kinds_known_to_be_without_a_generation_are_so_on_the_server():
    from kube_apiserver.registry.builtin_resources import served_builtin_resources

    for resource in served_builtin_resources():
        kind = GroupVersionKind(resource.group, resource.version, resource.kind)
        assert not (is_without_generation(kind) and resource.has_generation), kind
    assert is_without_generation(GroupVersionKind.parse("v1/ConfigMap"))


def test_what_is_known_of_kinds_is_what_the_server_serves():
    from kube_apiserver.registry.builtin_resources import served_builtin_resources
    from kube_apiserver.requests.selection import _EXTRA
    from plugin_operator.kube import field_problem, problem_of

    for resource in served_builtin_resources():
        kind = GroupVersionKind(resource.group, resource.version, resource.kind)
        if "watch" in resource.verbs:
            assert problem_of(kind) == ""
            for field in (*_EXTRA.get(resource.bucket, ()), "metadata.name", "metadata.namespace"):
                assert field_problem(kind, f"{field}=x") == ""


@pytest.mark.parametrize(
    "kind",
    [
        "example.com/v1/Widget", "example.com/stable/widget", "gateway.networking.k8s.io/v1/Gateway",
        "snapshot.storage.k8s.io/v1/VolumeSnapshot", "networking.k8s.io/v1/SomethingNew", "apps/v1beta2/Deployment",
        "resource.k8s.io/v1alpha3/DeviceTaintRule", "metrics.k8s.io/v1beta1/PodMetrics",
    ],
)  # fmt: skip
def test_what_some_cluster_may_serve_is_a_kind(load, kind):
    (declared,) = load(f"""
        @controller(for_={kind!r}, field_selector="metadata.name=a")
        async def one(ctx, request): ...
    """)
    assert str(declared.for_) == kind


@pytest.mark.parametrize("signature", ["ctx, request", "*args, **kwargs", "spec, request", "ctx, request, patch=None"])
def test_a_reconciler_may_take_its_arguments_in_any_way_that_fills_them(load, signature):
    load(f"""
        @controller(for_="v1/Pod")
        async def one({signature}): ...
    """)


@pytest.mark.parametrize("verb", ["get", "deletecollection", "bind", "*", "approve"])
def test_verbs_of_the_api_server_may_be_asked_for_and_custom_ones_of_custom_groups(load, verb):
    (declared,) = load(f"""
        @controller(for_="v1/Pod", permissions=[permission("pods", {verb!r}),
            permission("widgets", "frobnicate", api_groups="example.com")])
        async def one(ctx, request): ...
    """)
    assert declared.permissions[0].verbs == (verb,)


def test_a_plain_function_serves_as_a_predicate(load):
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", predicates=[lambda obj: True])
        async def one(ctx, request): ...
    """)
    assert len(declared.predicates) == 1


REFUSED_FIELDS = [
    ("for_='ConfigMap'", "for_: 'ConfigMap' is not a kind"),
    ("for_=None", "for_: is missing"),
    ("for_='core/v1/Pod'", "for_: 'core/v1/Pod' is not a kind: the core group has no name: write 'v1/Pod'"),
    ("for_='core/v1'", "the core group has no name: write 'v1/ConfigMap'"),
    ("for_='apps/v1'", "the kind is missing: write for example 'apps/v1/ControllerRevision'"),
    ("for_='apps/Deployment'", "the version is missing: write for example 'apps/v1/Deployment'"),
    ("for_='v1/configmaps'", "did you mean 'v1/ConfigMap'?"),
    ("for_='v1/networkpolicies'", "did you mean 'networking.k8s.io/v1/NetworkPolicy'?"),
    ("for_='networking.k8s.io/v1/ingresses'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='v1/Deployment'", "the core group (v1) has no kind 'Deployment': did you mean 'apps/v1/Deployment'?"),
    ("for_='apps/v1/Deploymnt'", "did you mean 'apps/v1/Deployment'?"),
    ("for_='app/v1/Deployment'", "there is no API group 'app': did you mean 'apps/v1/Deployment'?"),
    ("for_='app/v1/Thing'", "there is no API group 'app': did you mean 'apps'?"),
    ("for_='networking/v1/Ingress'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='rbac/v1/Thing'", "did you mean 'rbac.authorization.k8s.io'?"),
    ("for_='extensions/v1beta1/Ingress'", "did you mean 'networking.k8s.io/v1/Ingress'?"),
    ("for_='Example.com/v1/Widget'", "'Example.com' is not an API group"),
    ("for_='mine/v1/Widget'", "custom resources have a group with a dot"),
    ("for_='v1/Widget'", "the core group (v1) has no kind 'Widget' that can be watched"),
    ("for_='v1/Binding'", "objects of the kind 'Binding' cannot be watched"),
    ("for_='v2/Pod'", "the core group has the version 'v1' only"),
    ("for_=GroupVersionKind('', 'v1', 'Pods')", "for_: 'v1/Pods' is not a kind: "),
    ("for_='v1/Pod', owns=['v1/secrets']", "owns: 'v1/secrets' is not a kind"),
    ("for_='v1/Pod', reads=['v1/nodes']", "reads: 'v1/nodes' is not a kind"),
    ("for_='v1/Pod', watches=[watch('v1/secrets', map=print)]", "watches: 'v1/secrets' is not a kind"),
    (
        "for_='v1/Pod', field_selector='spec.nodename=a'",
        "field_selector: the API server cannot select v1/Pod by 'spec.n",
    ),
    (
        "for_='v1/ConfigMap', field_selector='data.a=1'",
        "it can by metadata.name, metadata.namespace; or use a predicate",
    ),
    ("for_='example.com/v1/W', field_selector='metadata.labels=a'", "field_selector: the API server cannot select"),
    (
        "for_='v1/Pod', watches=[watch('v1/Secret', map=print, field_selector='kind=a')]",
        "watches: field_selector: the API server cannot select v1/Secret by 'kind'",
    ),
    ("for_='v1/Pod', watches=[watch('v1/Secret', map=later)]", "watches: the map of 'v1/Secret' is async"),
    ("for_='v1/Pod', predicates=[later]", "is async or has a yield in it, which is always true"),
    (
        "for_='v1/Pod', permissions=[permission('pods', 'reed')]",
        "permissions: 'reed' is not a verb: did you mean 'get'?",
    ),
    ("for_='v1/Pod', permissions=[permission('pod', 'get')]", "did you mean 'pods'?"),
    ("for_='v1/Pod', permissions=[permission('Pods', 'get')]", "write 'pods'"),
    ("for_='v1/Pod', permissions=[permission('pods/logs', 'get')]", "did you mean 'pods/log'?"),
    ("for_='v1/Pod', permissions=[permission('deployments', 'get')]", "'deployments' are not of the API group ''"),
    (
        "for_='v1/Pod', permissions=[permission('jobs', 'get', api_groups='batch/v1')]",
        "write 'batch', without a version",
    ),
    ("for_='v1/Pod', permissions=[permission('pods', 'get', api_groups='core')]", "write '', without a version"),
    ("for_='v1/Pod', permissions=[permission('jobs', 'get', api_groups='bach')]", "did you mean 'batch'?"),
    (
        "for_='v1/Pod', permissions=[{'resources': ['pods'], 'verbs': ['get']}]",
        "allows nothing without API groups",
    ),
    ("for_='v1/Pod', permissions=[permission('pods', 'lsit')]", "'lsit' is not a verb: did you mean 'list'?"),
    ("for_='v1/Pod', permissions=[permission('pods', 'Get')]", "'Get' is not a verb: did you mean 'get'?"),
    ("for_='v1/Pod', permissions=[permission('pods', 'frobnicate')]", "the verbs are get, list, watch, create"),
    ("for_='v1/ConfigMap', owns='v1/Pod'", "owns: 'v1/Pod' is not a list"),
    ("for_='v1/Pod', label_selector='a in b'", "label_selector:"),
    ("for_='v1/Pod', namespaces=['A_B']", "namespaces: 'A_B'"),
    ("for_='v1/Pod', namespaces=[]", "namespaces: an empty list"),
    ("for_='v1/Pod', max_concurrent_reconciles=0", "max_concurrent_reconciles: 0"),
    ("for_='v1/Pod', max_concurrent_reconciles=1001", "max_concurrent_reconciles: 1001 reconciles at once"),
    ("for_='v1/Pod', resync_seconds=-1", "resync_seconds: -1"),
    ("for_='v1/Pod', metadata_only='yes'", "metadata_only: 'yes'"),
    ("for_='v1/Pod', name='a b'", "name: 'a b' is not a name"),
    ("for_='v1/Secret', predicates=[generation_changed]", "predicates: generation_changed cannot tell changes of v1/S"),
    ("for_='v1/ConfigMap', predicates=[~(generation_changed | labels_changed)]", "predicates: generation_changed"),
    (
        "for_='v1/Pod', watches=[watch('v1/Secret', map=lambda obj: [], predicates=[generation_changed])]",
        "watches: generation_changed cannot tell changes of v1/Secret, which has no metadata.generation: use labels",
    ),
    ("for_='v1/Pod', id='a b'", "id: 'a b' is not an id: write id= with up to 63 letters"),
    ("for_='v1/Pod', id='_a'", "id: '_a' is not an id"),
    ("for_='v1/Pod', id=''", "id: '' is not an id"),
    ("for_='v1/Pod', id=7", "id: 7 is not an id"),
    (f"for_='v1/Pod', id='{'a' * 64}'", f"id: '{'a' * 64}' is not an id"),
    ("for_='v1/Pod', name='_a'", "id: '_a' is not an id"),
    ("for_='v1/Pod', rate_limit=3", "rate_limit: 3"),
    ("for_='v1/Pod', watches=['v1/Secret']", "watches: 'v1/Secret' is not a watch"),
    ("for_='v1/Pod', predicates=[3]", "predicates: 3"),
    ("for_='v1/Pod', permissions=[{'verbs': ['get']}]", "permissions:"),
    ("for_='v1/Pod', permissions=[{'verb': 1}]", "permissions: a rule has no field 'verb'"),
]
REFUSED_MODULES = [
    (
        """
        @controller
        async def one(ctx, request): ...
        """,
        "for_: @controller needs to know the kind: write @controller(for_='v1/ConfigMap')",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(spec, **kw): ...
        """,
        "is called as one(ctx, request), which never fills **kw",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        def one(spec, name, **kwargs): ...
        """,
        "which never fills **kwargs: take exactly these arguments, and read the object with ctx.lister.get(request)",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(spec, meta): ...
        """,
        "which never fills 'spec' and 'meta'",
        3,
    ),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(ctx, request):
            yield
        """,
        "one: has a yield in it, so that calling it runs nothing",
        3,
    ),
    (
        """
        class C:
            for_ = "v1/Pod"
            def reconcile(self, ctx, request): ...
            async def start(self, ctx):
                yield
        def new_controller(): return C()
        """,
        "start: has a yield in it",
        6,
    ),
    ("x = 1", "declares no controller", 1),
    (
        """
        @controller(for_="v1/ConfigMap")
        async def one(request): ...
        """,
        "cannot be called as one(ctx, request)",
        3,
    ),
    ("def new_controller(): pass", "new_controller: returned no controller", 2),
    ("def new_controller(): 1/0", "new_controller: raised ZeroDivisionError", 2),
    ("new_controller = 3", "new_controller: is not a function", None),
    (
        """
        class C:
            for_ = "v1/Pod"
        def new_controller(): return C()
        """,
        "reconcile: C has no method reconcile",
        None,
    ),
    (
        """
        class C:
            for_ = "v1/Pod"
            max_concurent_reconciles = 2
            def reconcile(self, ctx, request): ...
        def new_controller(): return C()
        """,
        "did you mean 'max_concurrent_reconciles'?",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod")
        class C:
            def reconcile(self, ctx, request): ...
            def export_state(self): ...
        """,
        "export_state: goes together with import_state",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod")
        class C:
            def __init__(self, x): ...
            def reconcile(self, ctx, request): ...
        """,
        "could not be made",
        None,
    ),
    (
        """
        @controller(for_="v1/Pod", name="x")
        def a(ctx, request): ...
        @controller(for_="v1/Pod", name="x")
        def b(ctx, request): ...
        """,
        "name: 'x' is taken by the controller in line 3",
        5,
    ),
    (
        """
        @controller(for_="v1/Pod", id="y")
        def x(ctx, request): ...
        @controller(for_="v1/Pod")
        def y(ctx, request): ...
        """,
        "id: 'y' of controller 'y' is taken by controller 'x' in line 3: choose another with id=",
        5,
    ),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED_FIELDS, ids=[each[1] for each in REFUSED_FIELDS])
def test_a_refused_value_is_named_with_its_field_and_the_line_of_its_controller(load, arguments, reason):
    with pytest.raises(PluginRejected) as refused:
        load(f"@controller({arguments})\nasync def one(ctx, request): ...")
    assert reason in refused.value.reason
    assert re.match(r"\w+: ", refused.value.reason)
    assert (refused.value.path, refused.value.line) == ("/plugins/sample.py", 2)


@pytest.mark.parametrize(("source", "reason", "line"), REFUSED_MODULES, ids=[each[1] for each in REFUSED_MODULES])
def test_a_refused_module_is_told_file_line_and_way_out(load, source, reason, line):
    with pytest.raises(PluginRejected) as refused:
        load(source)
    assert reason in refused.value.reason
    assert refused.value.path == "/plugins/sample.py"
    if line is not None:
        assert refused.value.line == line


def test_a_summary_is_json_like(load):
    import json

    (declared,) = load("""
        @controller(for_="v1/ConfigMap", owns=["v1/Secret"])
        def plain(ctx, request): ...
    """)
    told = json.loads(json.dumps(summary(declared)))
    assert told["for"] == "v1/ConfigMap"
    assert told["async"] is False


async def test_what_is_decorated_stays_callable(load):
    from plugin_operator.plugin import controller

    @controller(for_="v1/ConfigMap")
    async def one(ctx, request):
        return Result(requeue_after=5)

    assert await one(None, NamespacedName("a", "b")) == Result(requeue_after=5)
