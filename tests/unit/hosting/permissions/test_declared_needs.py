"""What declarations need: list and watch of each cache, ``permissions=``, and the Lease of schedules."""

import types

from plugin_operator import controller, cron, every, own, permission, read
from plugin_operator.hosting.permissions.declared import DeclaredController, needs_of_declarations
from plugin_operator.hosting.permissions.needs import Need, explained
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.kube import GroupVersionKind, Resource
from plugin_operator.plugin import collect


def needs(**options: object) -> list[Need]:
    @controller(**options)  # type: ignore[arg-type]
    async def web(ctx: object, request: object) -> None: ...

    module = types.ModuleType("web")
    module.__file__ = "web.py"
    web.__module__ = "web"
    module.web = web  # type: ignore[attr-defined]
    found = [DeclaredController.of(each) for each in collect(module)]
    return list(needs_of_declarations("web", found, ResourceTable(), "system"))


def rules(**options: object) -> list[dict[str, list[str]]]:
    return [each.rule.as_rule() for each in explained(needs(**options))]


def test_each_cached_kind_needs_list_and_watch_and_nothing_else() -> None:
    assert rules(for_="v1/Secret", owns=[own("apps/v1/Deployment")], reads=["networking.k8s.io/v1/NetworkPolicy"]) == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list", "watch"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list", "watch"]},
    ]


def test_a_cache_of_one_name_needs_that_name_only() -> None:
    assert rules(for_="v1/Secret", field_selector="metadata.name=ca") == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"], "resourceNames": ["ca"]}
    ]
    assert "resourceNames" not in rules(for_="v1/Secret", field_selector="metadata.name!=ca")[0]


def test_namespaces_of_the_controller_hold_for_its_namespaced_needs() -> None:
    found = needs(
        for_="v1/Secret",
        namespaces=["a"],
        reads=[read("v1/ConfigMap", namespaces=["b"]), "v1/Node"],
        permissions=[permission("secrets", "patch"), permission("nodes", "patch")],
    )
    assert {(each.rule.resources[0], each.rule.verbs[0]): each.namespaces for each in found} == {
        ("secrets", "list"): ("a",),
        ("configmaps", "list"): ("b",),
        ("nodes", "list"): (),
        ("secrets", "patch"): ("a",),
        ("nodes", "patch"): (),
    }


def test_schedules_whose_times_are_stored_need_their_lease() -> None:
    stored = rules(schedules=[cron("0 7 * * *")])
    assert stored == [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "update"],
            "resourceNames": ["plugin-operator-schedules"],
        },
    ]
    assert rules(schedules=[every(5)]) == []


def test_a_rule_names_all_that_needs_it() -> None:
    (rule,) = explained(needs(for_="v1/Secret", permissions=[permission("secrets", ["watch", "delete"])]))
    assert rule.rule == permission("secrets", ["list", "watch", "delete"])
    assert [each.reason for each in rule.needs] == ["caches v1/Secret", "declares permission()"]


def test_a_known_resource_gives_the_plural_and_the_scope_of_its_kind() -> None:
    kind = GroupVersionKind("example.com", "v1", "Cactus")
    table = ResourceTable([Resource(kind, "cacti", namespaced=False)])
    assert (table.resource_of(kind).plural, table.is_namespaced("example.com", "cacti")) == ("cacti", False)
    assert table.guesses() == []
    regular = ResourceTable()
    assert regular.resource_of(kind).plural == "cactuses"
    assert regular.guesses() == [kind]


def test_the_finalizer_of_cleanup_needs_patch_and_with_a_selector_get() -> None:
    def clean(ctx: object, obj: object) -> None: ...

    patch = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch", "patch"]}
    assert rules(for_="v1/Secret", cleanup=clean) == [patch]
    assert rules(for_="v1/Secret", cleanup=clean, label_selector="a") == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "patch"]}
    ]
    (_, finalizer) = needs(for_="v1/Secret", cleanup=clean, namespaces=["a"])
    assert (finalizer.namespaces, finalizer.reason) == (("a",), "has cleanup=, whose finalizer the operator writes")
