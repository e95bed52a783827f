"""The objects of a soak and the calls that make, change and read them."""

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.soak.plugins import CERTIFICATES, WIDGET
from tests.soak.settings import NAMESPACE

PATHS = {
    "v1/ConfigMap": f"/api/v1/namespaces/{NAMESPACE}/configmaps",
    "v1/Secret": f"/api/v1/namespaces/{NAMESPACE}/secrets",
    WIDGET: f"/apis/soak.example.com/v1/namespaces/{NAMESPACE}/widgets",
}
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.soak.example.com"},
    "spec": {
        "group": "soak.example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _ANY, "status": _ANY}}},
            }
        ],
    },
}


@dataclass(frozen=True, slots=True)
class States:
    """What a server has.

    Attributes:
        steps: by kind and name, as the writers left them.
        statuses: by the name of a widget, as its plugin left them; they have to become the steps.
    """

    steps: dict[str, dict[str, str]]
    statuses: dict[str, str]

    @property
    def behind(self) -> list[str]:
        """The statuses that are not those of the last step."""
        return [
            f"widget {name}: its status is of step {self.statuses.get(name)} instead of {step}"
            for name, step in self.steps[WIDGET].items()
            if self.statuses.get(name) != step
        ]


class Api:
    """The administrator's calls."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @classmethod
    @asynccontextmanager
    async def open(cls, kubeconfig: Path) -> AsyncIterator["Api"]:
        """Open with the credentials of a kubeconfig."""
        url, token, trust = _credentials(kubeconfig)
        async with aiohttp.ClientSession(
            url,
            connector=aiohttp.TCPConnector(ssl=trust),
            headers={"Authorization": f"Bearer {token}", "User-Agent": "soak"},
            timeout=aiohttp.ClientTimeout(total=20),
        ) as session:
            yield cls(session)

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Send one request and return the status and the answer."""
        headers = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else {}
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def states(self) -> "States":
        """Return what every object that there is has."""
        steps: dict[str, dict[str, str]] = {}
        statuses: dict[str, str] = {}
        for kind, path in PATHS.items():
            status, listed = await self.call("GET", path)
            if status != 200:
                raise RuntimeError(f"{path}: {status} {listed}")
            items = [each for each in listed["items"] if each["metadata"]["name"] != CERTIFICATES]
            steps[kind] = {each["metadata"]["name"]: step_of(each) for each in items}
            if kind == WIDGET:
                statuses = {each["metadata"]["name"]: str((each.get("status") or {}).get("step")) for each in items}
        return States(steps, statuses)


def _credentials(kubeconfig: Path) -> tuple[str, str, ssl.SSLContext]:
    content = yaml.safe_load(kubeconfig.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return cluster["server"], user["token"], ssl.create_default_context(cadata=authority)


def step_of(found: dict[str, Any]) -> str:
    """Return what the plugins record of an object."""
    return str((found.get("spec") or found.get("data") or {}).get("step", "-"))
