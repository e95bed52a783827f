"""What a module declares, and how it is told what is wrong with it."""

from typing import Any

import pytest

from plugin_operator.controllers import Result
from plugin_operator.errors import PluginRejected
from plugin_operator.kube import GroupVersionKind, NamespacedName, is_without_generation
from plugin_operator.plugin import Permission, summary
from tests.unit.plugin.conftest import Load


def test_a_decorated_function_is_a_controller_named_after_it(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap")
        async def configmap(ctx, request): ...
    """)
    assert declared.name == "configmap"
    assert declared.for_ == GroupVersionKind("", "v1", "ConfigMap")
    assert (declared.path, declared.line) == ("/plugins/sample.py", 3)


def test_a_function_named_reconcile_takes_the_name_of_its_file(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap")
        async def reconcile(ctx, request): ...
    """)
    assert declared.name == "sample"


def test_what_the_init_of_a_decorated_class_sets_outranks_the_decorator(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="apps/v1/Deployment", resync_seconds=5)
        class Web:
            def __init__(self):
                self.reads, self.resync_seconds = ["v1/Pod"], 7
            def __call__(self): ...
            async def reconcile(self, ctx, request): ...
    """)
    assert [each.kind for each in declared.reads] == [GroupVersionKind("", "v1", "Pod")]
    assert declared.resync_seconds == 7


def test_a_decorated_class_is_made_once_and_its_hooks_are_found(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="apps/v1/Deployment", owns=["apps/v1/ReplicaSet"])
        class Web:
            async def reconcile(self, ctx, request): return self.__class__.__name__
            async def start(self, ctx): ...
            def export_state(self): return {}
            def import_state(self, state): ...
    """)
    assert declared.name == "web"
    assert [each.kind for each in declared.owns] == [GroupVersionKind("apps", "v1", "ReplicaSet")]
    assert declared.start is not None
    assert declared.stop is None


def test_a_factory_declares_with_attributes(load: Load) -> None:
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


def test_an_async_factory_may_return_several(load: Load) -> None:
    found = load("""
        class Controller:
            for_ = "v1/Secret"
            def __init__(self, name): self.name = name
            async def reconcile(self, ctx, request): ...
        async def new_controller(): return [Controller("a"), Controller("b")]
    """)
    assert [each.name for each in found] == ["a", "b"]


def test_a_factory_that_returns_a_decorated_class_declares_it_once(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", name="once")
        class Controller:
            async def reconcile(self, ctx, request): ...
        def new_controller(): return Controller()
    """)
    assert declared.name == "once"


def test_a_controller_imported_from_elsewhere_is_not_declared_again(load: Load) -> None:
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


def test_a_mapping_is_a_label_selector(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", label_selector={"app": "web"}, namespaces=["a", "b", "a"])
        async def one(ctx, request): ...
    """)
    assert declared.label_selector == "app=web"
    assert declared.namespaces == ("a", "b")


def test_a_watch_maps_an_object_to_requests(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", watches=[watch("v1/Secret", map=lambda obj: [])], reads=["v1/Node"])
        async def one(ctx, request): ...
    """)
    assert [str(kind) for kind in declared.kinds] == ["v1/ConfigMap", "v1/Secret", "v1/Node"]


def test_the_controllers_of_a_plugin_share_one_bound_on_what_runs_at_once(load: Load) -> None:
    with pytest.raises(PluginRejected, match="max_concurrent_reconciles: 1001 concurrent reconciles") as refused:
        load("""
            @controller(for_="v1/ConfigMap", max_concurrent_reconciles=600)
            async def one(ctx, request): ...
            @controller(for_="v1/Secret", max_concurrent_reconciles=401)
            async def two(ctx, request): ...
        """)
    assert refused.value.line


def test_a_controller_signs_with_its_name_unless_it_has_an_id(load: Load) -> None:
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
def test_generations_are_compared_where_there_may_be_some(load: Load, kind: str) -> None:
    (declared,) = load(f"""
        @controller(for_={kind!r}, predicates=[generation_changed])
        async def one(ctx, request): ...
    """)
    assert declared.predicates[0].needs_generation


def test_kinds_known_to_be_without_a_generation_are_so_on_the_server() -> None:
    from kube_apiserver.registry.builtin_resources import served_builtin_resources

    for resource in served_builtin_resources():
        kind = GroupVersionKind(resource.group, resource.version, resource.kind)
        assert not (is_without_generation(kind) and resource.strategy.has_generation), kind
    assert is_without_generation(GroupVersionKind.parse("v1/ConfigMap"))


def test_what_is_known_of_kinds_is_what_the_server_serves() -> None:
    from kube_apiserver.registry.builtin_resources import served_builtin_resources
    from plugin_operator.kube import field_problem, problem_of

    for resource in served_builtin_resources():
        kind = GroupVersionKind(resource.group, resource.version, resource.kind)
        if "watch" in resource.verbs:
            assert problem_of(kind) == ""
            for field in (*resource.strategy.selectable_fields, "metadata.name", "metadata.namespace"):
                assert field_problem(kind, f"{field}=x") == ""


@pytest.mark.parametrize(
    "kind",
    [
        "example.com/v1/Widget", "example.com/stable/widget", "gateway.networking.k8s.io/v1/Gateway",
        "snapshot.storage.k8s.io/v1/VolumeSnapshot", "networking.k8s.io/v1/SomethingNew", "apps/v1beta2/Deployment",
        "resource.k8s.io/v1alpha3/DeviceTaintRule", "metrics.k8s.io/v1beta1/PodMetrics",
    ],
)  # fmt: skip
def test_what_some_cluster_may_serve_is_a_kind(load: Load, kind: str) -> None:
    (declared,) = load(f"""
        @controller(for_={kind!r}, field_selector="metadata.name=a")
        async def one(ctx, request): ...
    """)
    assert str(declared.for_) == kind


@pytest.mark.parametrize("signature", ["ctx, request", "*args, **kwargs", "spec, request", "ctx, request, patch=None"])
def test_a_reconciler_may_take_its_arguments_in_any_way_that_fills_them(load: Load, signature: str) -> None:
    load(f"""
        @controller(for_="v1/Pod")
        async def one({signature}): ...
    """)


@pytest.mark.parametrize("verb", ["get", "deletecollection", "bind", "*", "approve"])
def test_verbs_of_the_api_server_may_be_asked_for_and_custom_ones_of_custom_groups(load: Load, verb: str) -> None:
    (declared,) = load(f"""
        @controller(for_="v1/Pod", permissions=[permission("pods", {verb!r}),
            permission("widgets", "frobnicate", api_groups="example.com")])
        async def one(ctx, request): ...
    """)
    assert declared.permissions[0].verbs == (verb,)


def test_a_plain_function_serves_as_a_predicate(load: Load) -> None:
    (declared,) = load("""
        @controller(for_="v1/ConfigMap", predicates=[lambda obj: True])
        async def one(ctx, request): ...
    """)
    assert len(declared.predicates) == 1


def test_a_summary_is_json_like(load: Load) -> None:
    import json

    (declared,) = load("""
        @controller(for_="v1/ConfigMap", owns=["v1/Secret"])
        def plain(ctx, request): ...
    """)
    told = json.loads(json.dumps(summary(declared)))
    assert told["for"] == "v1/ConfigMap"
    assert told["async"] is False


async def test_what_is_decorated_stays_callable(load: Load) -> None:
    from plugin_operator.plugin import controller

    @controller(for_="v1/ConfigMap")
    async def one(ctx: Any, request: Any) -> Result:
        return Result(requeue_after=5)

    assert await one(None, NamespacedName("a", "b")) == Result(requeue_after=5)


@pytest.mark.parametrize(
    ("options", "divides"),
    [
        ("'v1/Pod'", ""),
        ("'v1/Pod', distribution='sharded'", "uid"),
        ("'v1/Pod', distribution='sharded', owns=['v1/Secret']", "namespace"),
        ("'v1/Pod', distribution='sharded', watches=[watch('v1/Secret', map=print)]", "namespace"),
        ("'v1/Pod', distribution='sharded', shard_by='uid', owns=['v1/Secret']", "uid"),
        ("'v1/Pod', distribution='sharded', reads=['v1/Secret']", "uid"),
        ("'v1/Node', distribution='sharded', owns=['v1/Secret']", "uid"),
        ("'example.com/v1/W', distribution='sharded', owns=['v1/Secret']", "namespace"),
    ],
)
def test_the_declaration_alone_says_what_divides_the_objects(load: Load, options: str, divides: str) -> None:
    (found,) = load(f"@controller({options})\nasync def one(ctx, request): ...")
    assert (found.shard_by, found.is_sharded) == (divides, bool(divides))
