"""The kinds that a declaration may name without a doubt."""

from kube_apiserver.schema import builtin_resources
from plugin_operator.kube import GroupVersionKind, builtin_kinds, builtin_resource, guessed_resource


def test_the_declared_kinds_include_every_served_kind() -> None:
    served = {(each.group, each.kind) for each in builtin_resources() if "watch" in each.verbs}

    assert served - {(group, kind) for group, kinds in builtin_kinds._KINDS.items() for kind in kinds} == set()


def test_plural_and_scope_of_each_served_kind_are_those_of_the_server() -> None:
    for each in builtin_resources():
        if "watch" in each.verbs:
            found = builtin_resource(GroupVersionKind(each.group, each.version, each.kind))
            assert found is not None
            assert (found.plural, found.namespaced) == (each.plural, each.namespaced), each


def test_the_plural_of_a_kind_that_is_not_served_is_that_of_kubebuilder() -> None:
    words = {"Box": "boxes", "Policy": "policies", "Gateway": "gateways", "Ingress": "ingresses", "Batch": "batches"}
    assert {kind: guessed_resource(GroupVersionKind("example.com", "v1", kind)).plural for kind in words} == words
