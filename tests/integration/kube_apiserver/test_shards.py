"""``shardSelector``: with its feature gate on, lists and watches are of a part of a kind."""

from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.features import enabled_features, parse_gates
from tests.integration.kube_apiserver.conftest import JsonApi

pytestmark = pytest.mark.embedded_only("it starts servers of its own; the differential cases meet kube-apiserver")
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
LOWER = "shardRange(object.metadata.uid, '0x0000000000000000', '0x8000000000000000')"
UPPER = "shardRange(object.metadata.uid, '0x8000000000000000', '0x10000000000000000')"


@pytest.fixture(params=[True, False], ids=["on", "off"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[tuple[JsonApi, bool]]:
    gates = {"ShardedListAndWatch": request.param}
    async with (
        ApiServer(ApiServerConfig(tls=False, feature_gates=gates)) as endpoint,
        aiohttp.ClientSession() as session,
    ):
        yield JsonApi(session, endpoint.url), request.param


async def test_shards_divide_a_kind_only_where_the_gate_is_on(served: tuple[JsonApi, bool]) -> None:
    api, is_on = served
    names = {f"c{number}" for number in range(20)}
    for name in names:
        await api("POST", CONFIG_MAPS, {"metadata": {"name": name}})
    found = {}
    for selector in (LOWER, UPPER, f"{LOWER} || {UPPER}"):
        status, answer = await api("GET", CONFIG_MAPS, shardSelector=selector)
        assert status == 200, answer
        assert answer["metadata"].get("shardInfo") == ({"selector": selector} if is_on else None)
        found[selector] = {item["metadata"]["name"] for item in answer["items"]} & names
    lower, upper, both = found.values()
    assert both == names
    if is_on:
        assert lower | upper == names
        assert not lower & upper
        assert lower
        assert upper
    else:
        assert lower == upper == names
    assert (await api("GET", CONFIG_MAPS, shardSelector="x"))[0] == (500 if is_on else 200)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ShardedListAndWatch", "'ShardedListAndWatch' is no gate: write ShardedListAndWatch=true or"),
        ("=true", "'' is no feature gate: there is ShardedListAndWatch"),
        ("Nonsense", "'Nonsense' is no feature gate: there is ShardedListAndWatch"),
        ("ShardedListAndWatch=1", "'ShardedListAndWatch=1' is no gate"),
        ("Nonsense=true", "'Nonsense' is no feature gate: there is ShardedListAndWatch"),
    ],
)
def test_gates_that_cannot_be_set_are_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="gate") as refused:
        enabled_features(parse_gates(text))
    assert str(refused.value).startswith(message)


def test_a_gate_is_no_text() -> None:
    with pytest.raises(ValueError, match="ShardedListAndWatch is True or False, not 'false'"):
        ApiServer(ApiServerConfig(feature_gates=cast("Any", {"ShardedListAndWatch": "false"})))


def test_a_gate_is_on_as_it_was_set_last() -> None:
    assert enabled_features(parse_gates("ShardedListAndWatch=true")) == {"ShardedListAndWatch"}
    assert enabled_features(parse_gates(" ShardedListAndWatch=true, ShardedListAndWatch=False ,")) == frozenset()
