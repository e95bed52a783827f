"""Cluster IPs and node ports of Services: each is given once, and none is left is an answer and no fault."""

from typing import Any

from tests.integration.kube_apiserver.conftest import JsonApi

SERVICES = "/api/v1/namespaces/default/services"


def service(name: str, ports: int) -> dict[str, Any]:
    listed = [{"name": f"p{number}", "port": number + 1} for number in range(ports)]
    spec = {"type": "NodePort", "ports": listed}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


async def test_each_node_port_is_given_once_until_none_is_left(api: JsonApi) -> None:
    given: list[int] = []
    for number in range(4):
        status, made = await api("POST", SERVICES, service(f"s{number}", 692))
        assert status == 201
        given += [port["nodePort"] for port in made["spec"]["ports"]]
    assert sorted(given) == list(range(30_000, 32_768))

    status, answer = await api("POST", SERVICES, service("late", 1))
    assert (status, answer["message"]) == (
        500,
        "Internal error occurred: failed to allocate a nodePort: range is full",
    )
    assert (await api("DELETE", f"{SERVICES}/s0"))[0] == 200
    assert (await api("POST", SERVICES, service("late", 1)))[0] == 201
