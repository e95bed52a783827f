"""The lint of methods that ``ctx.client`` does not have."""

import pytest

from plugin_operator import Client
from plugin_operator.hosting.lints.registry import lint
from plugin_operator.hosting.lints.unawaited_coroutines import CLIENT_VERBS

CODE = "async def reconcile(ctx, request):\n    client = ctx.client\n    await {call}\n"


def found(call: str) -> list[str]:
    return [each.message for rule, _, each in lint(CODE.format(call=call).encode(), {}, None) if rule == "PO105"]


@pytest.mark.parametrize("call", ["ctx.client.aply({})", "client.aply({})", "ctx.wait(ctx.client.aply)"])
def test_a_misspelled_method_is_found_with_the_one_that_was_meant(call: str) -> None:
    assert found(call) == ["ctx.client has no aply, so this raises AttributeError: did you mean apply?"]


def test_without_a_similar_method_all_are_named() -> None:
    (message,) = found("ctx.client.watch('v1/Pod')")
    assert message.endswith(f"it has {', '.join(CLIENT_VERBS)}")


@pytest.mark.parametrize("call", ["ctx.client.apply({})", "ctx.client._private()", "other.client.aply({})"])
def test_what_is_there_or_unknown_is_no_finding(call: str) -> None:
    assert found(call) == []


def test_the_methods_are_those_of_the_client() -> None:
    assert sorted(CLIENT_VERBS) == [name for name in dir(Client) if not name.startswith("_")]
