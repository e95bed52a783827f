"""The embedded server misbehaves as planned, and only as planned."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from kube_apiserver import ApiServer, ApiServerConfig
from kube_apiserver.faults import Action, Fault
from tests.integration.kube_apiserver.conftest import JsonApi

pytestmark = pytest.mark.embedded_only("only the embedded server can be told to misbehave")

MAPS = "/api/v1/namespaces/default/configmaps"


def config_map(name: str, n: int = 0) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": str(n)}}


async def watch_lines(api: JsonApi, count: int, query: str = "watch=true") -> list[dict[str, Any]]:
    """Read so many events of a fresh watch."""
    async with api.session.get(f"{api.url}{MAPS}?{query}") as response:
        async with asyncio.timeout(10):
            return [json.loads(await response.content.readline()) for _ in range(count)]


async def test_a_refusal_meets_as_many_requests_as_planned(api: JsonApi, api_server: ApiServer) -> None:
    planned = api_server.faults.add(
        Fault(action=Action.REFUSE, verb="list", resource="configmaps", code=429, retry_after_seconds=7, count=2)
    )
    for _ in range(2):
        async with api.session.get(api.url + MAPS) as response:
            body = await response.json()
            assert (response.status, response.headers["Retry-After"], body["reason"]) == (429, "7", "TooManyRequests")
    assert (await api("GET", MAPS))[0] == 200
    assert planned.hits == 2


async def test_other_verbs_resources_paths_and_agents_are_spared(api: JsonApi, api_server: ApiServer) -> None:
    for spared in (
        Fault(action=Action.REFUSE, verb="create", count=None),
        Fault(action=Action.REFUSE, resource="secrets", count=None),
        Fault(action=Action.REFUSE, path="/apis", count=None),
        Fault(action=Action.REFUSE, query="limit=", count=None),
        Fault(action=Action.REFUSE, agent="somebody-else", count=None),
    ):
        api_server.faults.add(spared)
    assert (await api("GET", MAPS))[0] == 200


async def test_a_write_is_carried_out_although_its_answer_is_lost(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.LOSE, verb="write"))
    with pytest.raises(aiohttp.ClientError):
        await api("POST", MAPS, config_map("kept"))
    assert (await api("GET", f"{MAPS}/kept"))[0] == 200
    assert (await api("DELETE", f"{MAPS}/kept"))[0] == 200


async def test_an_alternating_fault_hits_each_write_once_and_lets_its_retry_pass(
    api: JsonApi, api_server: ApiServer
) -> None:
    fault = Fault(action=Action.REFUSE, code=503, verb="write", count=None, skip=1, alternating=True)
    planned = api_server.faults.add(fault)
    requests: list[tuple[Any, ...]] = [
        *(("POST", MAPS, config_map("skipped")), ("POST", MAPS, config_map("a")), ("POST", MAPS, config_map("a"))),
        *(("DELETE", f"{MAPS}/a"), ("DELETE", f"{MAPS}/skipped"), ("DELETE", f"{MAPS}/a")),
    ]
    answers = [(await api(*request))[0] for request in requests]
    assert answers == [201, 503, 201, 503, 503, 200]
    assert (await api("GET", MAPS))[0] == 200
    assert planned.hits == 3


async def test_a_drop_cuts_the_connection_and_a_delay_waits(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.DROP, resource="configmaps", count=None))
    with pytest.raises(aiohttp.ClientError):
        await api("GET", MAPS)
    api_server.faults.clear()
    api_server.faults.add(Fault(action=Action.DELAY, resource="configmaps", seconds=0.2))
    began = asyncio.get_running_loop().time()
    assert (await api("GET", MAPS))[0] == 200
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_a_stalled_request_ends_with_its_client(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.STALL, resource="configmaps"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(api("GET", MAPS), 0.2)
    assert (await api("GET", MAPS))[0] == 200


async def test_a_body_can_be_anything(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.REPLACE, verb="list", body='{"items": [\xff'))
    async with api.session.get(api.url + MAPS) as response:
        assert await response.read() == b'{"items": [\xff'


@pytest.mark.parametrize(
    ("fault", "tail"),
    [
        (Fault(action=Action.TRUNCATE), b'{"type":"ADDED","object":{"metadata":{"na'),
        (Fault(action=Action.END), b""),
        (Fault(action=Action.GARBAGE, body="nonsense"), b"nonsense\n"),
    ],
    ids=lambda value: value.action if isinstance(value, Fault) else "",
)
async def test_an_open_watch_is_met_at_once(api: JsonApi, api_server: ApiServer, fault: Fault, tail: bytes) -> None:
    await api("POST", MAPS, config_map("a"))
    async with api.session.get(f"{api.url}{MAPS}?watch=true") as response:
        first = await asyncio.wait_for(response.content.readline(), 10)
        while json.loads(first)["object"]["metadata"]["name"] != "a":
            first = await asyncio.wait_for(response.content.readline(), 10)
        api_server.faults.add(fault)
        assert await asyncio.wait_for(response.content.readline(), 10) == tail


async def test_an_error_event_carries_its_code_and_ends_the_watch(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.ERROR_EVENT, code=410))
    async with api.session.get(f"{api.url}{MAPS}?watch=true&resourceVersion={api_server.cluster.store.revision}") as r:
        event = json.loads(await asyncio.wait_for(r.content.readline(), 10))
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert await asyncio.wait_for(r.content.read(), 10) == b""


async def test_a_silent_watch_says_nothing_any_more(api: JsonApi, api_server: ApiServer) -> None:
    api_server.faults.add(Fault(action=Action.SILENCE, verb="watch"))
    async with api.session.get(f"{api.url}{MAPS}?watch=true") as response:
        await api("POST", MAPS, config_map("a"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.content.readline(), 0.3)


async def test_events_can_come_twice_late_and_in_the_wrong_order(api: JsonApi, api_server: ApiServer) -> None:
    start = api_server.cluster.store.revision
    async with api.session.get(f"{api.url}{MAPS}?watch=true&resourceVersion={start}") as response:

        async def name() -> str:
            line = await asyncio.wait_for(response.content.readline(), 10)
            found: str = json.loads(line)["object"]["metadata"]["name"]
            return found

        await api("POST", MAPS, config_map("a"))
        assert await name() == "a"
        await api("POST", MAPS, config_map("b"))
        assert await name() == "b"
        api_server.faults.add(Fault(action=Action.DUPLICATE))
        assert await name() == "b"
        api_server.faults.add(Fault(action=Action.STALE))
        assert await name() == "a"
        api_server.faults.add(Fault(action=Action.REORDER))
        await api("POST", MAPS, config_map("c"))
        await api("POST", MAPS, config_map("d"))
        assert [await name(), await name()] == ["d", "c"]
        api_server.faults.add(Fault(action=Action.SPLIT))
        await api("POST", MAPS, config_map("e"))
        assert await name() == "e"


@pytest.mark.parametrize("lasting", [Action.LAG, Action.SPLIT])
async def test_a_watch_that_ends_while_a_piece_is_held_back_says_nothing_after_its_end(
    api: JsonApi, api_server: ApiServer, caplog: pytest.LogCaptureFixture, lasting: Action
) -> None:
    await api("POST", MAPS, config_map("first"))
    async with api.session.get(f"{api.url}{MAPS}?watch=true") as response:
        await response.content.readline()
        api_server.faults.add(Fault(action=lasting, verb="watch", resource="configmaps", seconds=0.1))
        await api("POST", MAPS, config_map("second"))
        api_server.faults.add(Fault(action=Action.END, verb="watch", resource="configmaps"))
        async with asyncio.timeout(10):
            await response.content.read()
    await asyncio.sleep(0.2)  # nothing tells that the server does nothing more
    assert [each for each in caplog.messages if each.startswith("Request failed")] == []


async def test_faults_are_planned_over_http(api: JsonApi) -> None:
    status, planned = await api("POST", "/debug/faults", {"action": "refuse", "verb": "list", "code": 503})
    assert (status, planned["number"], planned["hits"]) == (201, 1, 0)
    assert (await api("GET", MAPS))[0] == 503
    _, shown = await api("GET", "/debug/faults")
    assert [(each["action"], each["hits"]) for each in shown["faults"]] == [("refuse", 1)]
    await api("DELETE", "/debug/faults", number="1")
    assert (await api("GET", "/debug/faults"))[1] == {"faults": []}


@pytest.mark.parametrize("body", [{"action": "dance"}, {}, {"action": "drop", "count": 0}, [1]])
async def test_what_is_no_fault_is_refused(api: JsonApi, body: dict[str, Any] | list[int]) -> None:
    status, answer = await api("POST", "/debug/faults", body)
    assert (status, answer["reason"]) == (400, "BadRequest")
    assert "the body is not a valid fault" in answer["message"]


@pytest.mark.parametrize("number", ["", "one", "-1", "²", "9" * 5000])
async def test_what_is_no_number_of_a_fault_forgets_none(api: JsonApi, number: str) -> None:
    await api("POST", "/debug/faults", {"action": "refuse", "verb": "watch"})
    status, answer = await api("DELETE", "/debug/faults", number=number)
    assert (status, answer["reason"]) == (400, "BadRequest")
    assert len((await api("GET", "/debug/faults"))[1]["faults"]) == 1


async def test_history_is_compacted_on_request(api: JsonApi, api_server: ApiServer) -> None:
    await api("POST", MAPS, config_map("a"))
    assert (await api("POST", "/debug/compact"))[0] == 200
    (event,) = await watch_lines(api, 1, "watch=true&resourceVersion=1")
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_only_the_admin_may_break_the_server() -> None:
    server = ApiServer(ApiServerConfig(tls=False, token="secret"))
    endpoint = await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{endpoint.url}/debug/faults", json={"action": "drop"}) as response:
                assert response.status == 403
            headers = {"Authorization": "Bearer secret"}
            async with session.post(f"{endpoint.url}/debug/faults", json={"action": "end"}, headers=headers) as answer:
                assert answer.status == 201
    finally:
        await server.stop()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_a_request_without_credentials_uses_up_no_fault(headers: dict[str, str]) -> None:
    async with ApiServer(ApiServerConfig(tls=False, token="secret")) as endpoint, aiohttp.ClientSession() as session:
        admin = {"Authorization": "Bearer secret"}
        async with session.post(
            f"{endpoint.url}/debug/faults", json={"action": "refuse", "code": 503}, headers=admin
        ) as answer:
            assert answer.status == 201, await answer.text()
        statuses = []
        for used in (headers, admin, admin):
            async with session.get(f"{endpoint.url}{MAPS}", headers=used) as answer:
                statuses.append(answer.status)
    assert statuses == [401 if headers else 403, 503, 200]


def test_an_action_may_be_its_value_and_a_misspelled_one_is_refused() -> None:
    with pytest.raises(ValueError, match="action 'refused' does not exist: choose from drop, stall"):
        Fault(action="refused")  # type: ignore[arg-type]
    assert Fault(action="break").action is Action.BREAK  # type: ignore[arg-type]
