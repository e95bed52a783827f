"""RBAC rules: what they allow is what the authorizer allows, and the least rules allow exactly the same calls."""

from random import Random

import hypothesis.strategies as st
from hypothesis import given

from kube_apiserver.security.authorization import Attributes
from kube_apiserver.security.rbac_rules import Rule
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.rules import allows, covers, least, parts_of, rule_for
from plugin_operator.plugin import Permission, permission

VERBS = ["get", "list", "create", "deletecollection", "*"]
GROUPS = ["", "example.com", "*"]
RESOURCES = ["pods", "pods/status", "widgets", "*/status", "*"]
NAMES = ["a", "b"]


def some(words: list[str], least_size: int = 1) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), min_size=least_size, max_size=3, unique=True).map(tuple)


PERMISSIONS = st.builds(Permission, some(GROUPS), some(RESOURCES), some(VERBS), some(NAMES, 0))
CALLS = st.builds(
    Call,
    st.sampled_from(VERBS[:-1]),
    st.sampled_from(GROUPS[:-1]),
    st.sampled_from(["pods", "widgets"]),
    st.sampled_from(["", "status"]),
    st.just("default"),
    st.sampled_from(["", "a", "b"]),
)


@given(PERMISSIONS, CALLS)
def test_a_rule_allows_what_the_authorizer_of_the_server_allows(rule: Permission, call: Call) -> None:
    attributes = Attributes(call.verb, call.api_group, call.resource, call.subresource, call.namespace, call.name)
    assert covers(rule, call) is Rule.of(rule.as_rule()).allows(attributes)


@given(st.lists(PERMISSIONS, max_size=4), CALLS)
def test_the_least_rules_allow_the_same_calls(rules: list[Permission], call: Call) -> None:
    parts = [part for rule in rules for part in parts_of(rule)]
    assert allows(least(rules), call) is allows(parts, call)


@given(st.lists(PERMISSIONS, max_size=4), st.randoms())
def test_the_least_rules_do_not_depend_on_the_order(rules: list[Permission], random: Random) -> None:
    expected = least(rules)
    random.shuffle(rules)
    assert least(rules) == expected
    assert least(expected) == expected


@given(CALLS)
def test_the_rule_for_a_call_allows_it(call: Call) -> None:
    assert covers(rule_for(call), call)


def test_verbs_of_one_resource_are_united_and_in_kubectls_order() -> None:
    rules = least(
        [permission("pods", ["patch", "list"]), permission("pods", "get"), permission("pods/status", "patch")]
    )
    assert rules == (permission("pods", ["get", "list", "patch"]), permission("pods/status", "patch"))


def test_what_a_wider_rule_allows_is_left_out() -> None:
    wide = permission("secrets", "*")
    assert least([permission("secrets", ["get", "delete"], resource_names="a"), wide]) == (wide,)
    every = permission("*", "get", api_groups="apps")
    assert least([permission("deployments", "get", api_groups="apps"), every]) == (every,)


def test_names_of_one_resource_and_verb_are_united() -> None:
    rules = least([permission("secrets", "get", resource_names="b"), permission("secrets", "get", resource_names="a")])
    assert rules == (permission("secrets", "get", resource_names=["a", "b"]),)


def test_a_group_that_cannot_have_the_resource_is_left_out() -> None:
    rules = least([permission(["pods", "deployments"], "get", api_groups=["", "apps"])])
    assert rules == (permission("pods", "get"), permission("deployments", "get", api_groups="apps"))
