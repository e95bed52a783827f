"""The server finds words for every text that hurts, in each form of a write: nothing ends in an error of its own."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import yaml

from kube_apiserver import ApiServer
from kube_apiserver.config import ApiServerConfig
from kube_apiserver.handler import OWN_FAULT
from tests.property.hostile_texts import PATTERNS, RULES, TEXTS

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"
Sent = tuple[str, str, str, bytes]


def config_map(text: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": text}}


def widget(text: str) -> dict[str, Any]:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "annotations": {"a": text}},
        "spec": {"word": text, "pattern": text, "free": {text: text}},
    }


def definition(**spec: Any) -> dict[str, Any]:
    properties = {
        "word": {"type": "string", "pattern": "^[a-z(]*$"},
        "pattern": {"type": "string", "maxLength": 100},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    }
    rules = [{"rule": "!'abc'.matches(self.pattern) || 'abc'.find(self.pattern) != 'abd'"}]
    schema = {"type": "object", "properties": properties, "x-kubernetes-validations": rules, **spec}
    version = {"name": "v1", "served": True, "storage": True}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema}}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def writes(path: str, obj: dict[str, Any]) -> Iterator[Sent]:
    """Return each form of a write of an object."""
    as_json, as_yaml = json.dumps(obj).encode(), yaml.safe_dump(obj).encode()
    one = f"{path}/{obj['metadata']['name']}"
    content = [name for name in obj if name not in {"apiVersion", "kind", "metadata"}]
    operations = [{"op": "add", "path": f"/{name}", "value": obj[name]} for name in content]
    yield "POST", path, "application/json", as_json
    yield "POST", path, "application/yaml", as_yaml
    yield "PUT", one, "application/json", as_json
    yield "PUT", f"{one}?fieldValidation=Strict", "application/json", as_json
    yield "PATCH", one, "application/merge-patch+json", as_json
    yield "PATCH", one, "application/strategic-merge-patch+json", as_json
    yield "PATCH", one, "application/json-patch+json", json.dumps(operations).encode()
    yield "PATCH", f"{one}?fieldManager=f&force=true", "application/apply-patch+yaml", as_json
    yield "PATCH", f"{one}?fieldManager=f&force=true", "application/apply-patch+yaml", as_yaml
    yield "DELETE", one, "application/json", b""


async def _faults(requests: list[Sent]) -> list[str]:
    """Send the requests; return those that ended in an error of the server's own."""
    async with ApiServer(ApiServerConfig(tls=False)) as endpoint, aiohttp.ClientSession(endpoint.url) as session:
        await session.post(CRDS, json=definition())
        found = []
        for method, target, media, body in requests:
            headers = {"Content-Type": media}
            async with session.request(method, target, data=body, headers=headers) as answer:
                if OWN_FAULT in await answer.text():
                    found.append(f"{method} {target} {media} {body[:200]!r}")
        return found


@pytest.mark.parametrize(("path", "make"), [(CONFIG_MAPS, config_map), (WIDGETS, widget)], ids=["ConfigMap", "Widget"])
def test_no_text_of_an_object_is_the_servers_own_fault(path: str, make: Any) -> None:
    requests = [request for text in TEXTS for request in writes(path, make(text))]

    assert asyncio.run(_faults(requests)) == []


def test_no_pattern_or_rule_of_a_definition_is_the_servers_own_fault() -> None:
    patterned = [definition(properties={"word": {"type": "string", "pattern": pattern}}) for pattern in PATTERNS]
    texts = {"word": {"type": "string"}, "size": {"type": "integer"}}
    ruled = [
        definition(properties=texts, **{"x-kubernetes-validations": [{name: rule, "rule": text}]})
        for rule in RULES
        for name, text in (("rule", rule), ("messageExpression", "self.size > 1"), ("message", "self.size > 1"))
    ]
    requests: list[Sent] = []
    for each in (*patterned, *ruled):
        change = ("PATCH", f"{CRDS}/widgets.example.com", "application/merge-patch+json", json.dumps(each).encode())
        requests.append(change)
        spec = {"word": "abc", "size": 1}
        body = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}
        requests.append(("POST", WIDGETS, "application/json", json.dumps(body).encode()))

    assert asyncio.run(_faults(requests)) == []
