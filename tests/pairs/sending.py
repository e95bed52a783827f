"""Installs definitions on a server and sends objects to it, as a dry run. Two kinds share the form of the answers."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.conformance.differential.targets import Target
from tests.pairs.definitions import GO_GROUP, PYTHON_GROUP

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DEADLINE_SECONDS = 60.0
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to one object.

    Attributes:
        status: HTTP status.
        causes: type, field and message of each cause, sorted; the message alone if the Status has no causes.
        stored: the object with defaults and without what was pruned, but for its metadata; None if it was refused.
        warnings: the ``Warning`` headers, such as those of unknown fields.
    """

    status: int
    causes: tuple[str, ...]
    stored: str | None
    warnings: tuple[str, ...]

    @property
    def accepted(self) -> bool:
        """Tell whether the server would store the object."""
        return self.status < 300

    @property
    def stored_document(self) -> Any:
        """What would be stored, as values: 1.0 is 1."""
        return None if self.stored is None else json.loads(self.stored)


class Server:
    """One server, for as long as the session is open."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def install(self, definitions: Iterable[dict[str, Any]]) -> list[str]:
        """Create definitions, wait until their kinds are served, and return the warnings."""
        answers = await asyncio.gather(*(self._send("POST", DEFINITIONS, one) for one in definitions))
        for status, body, _ in answers:
            assert status == 201, body
        names = [body["metadata"]["name"] for _, body, _ in answers]
        async with asyncio.timeout(DEADLINE_SECONDS):
            await asyncio.gather(*map(self._until_served, names))
        return [warning for *_, warnings in answers for warning in warnings]

    async def remove(self, definitions: Iterable[dict[str, Any]]) -> None:
        """Delete definitions."""
        await asyncio.gather(*(self._send("DELETE", f"{DEFINITIONS}/{one['metadata']['name']}") for one in definitions))

    async def answers(self, definition: dict[str, Any], bodies: Sequence[dict[str, Any]]) -> list[Answer]:
        """Create each object as a dry run; objects take turns in the versions of the kind."""
        versions = sorted(version["name"] for version in definition["spec"]["versions"])
        return await asyncio.gather(
            *(self._answer(definition, versions[at % len(versions)], "POST", "", one) for at, one in enumerate(bodies))
        )

    async def answers_of_updates(
        self, definition: dict[str, Any], stored: dict[str, Any], bodies: Sequence[dict[str, Any]]
    ) -> list[Answer]:
        """Create one object, and replace it with each of the others as a dry run."""
        version = definition["spec"]["versions"][0]["name"]
        status, made, _ = await self._send("POST", _path(definition, version), _whole(definition, version, stored))
        assert status == 201, made
        known = {"resourceVersion": made["metadata"]["resourceVersion"]}
        return await asyncio.gather(*(self._answer(definition, version, "PUT", "/a", body, known) for body in bodies))

    async def _answer(
        self, definition: dict[str, Any], version: str, method: str, name: str, body: dict[str, Any],
        metadata: dict[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        path = _path(definition, version) + name
        whole = _whole(definition, version, body, metadata)
        status, said, warnings = await self._send(method, f"{path}?dryRun=All&fieldValidation=Warn", whole)
        if status < 300:
            kept = {key: value for key, value in said.items() if key not in ("apiVersion", "kind", "metadata")}
            return Answer(status, (), json.dumps(kept, sort_keys=True), warnings)
        causes = said.get("details", {}).get("causes", ())
        texts = [f"{cause.get('reason')} {cause.get('field')}: {cause.get('message')}" for cause in causes]
        return Answer(status, tuple(sorted(map(_shared, texts or [said["message"]]))), None, warnings)

    async def _until_served(self, name: str) -> None:
        while True:
            _, body, _ = await self._send("GET", f"{DEFINITIONS}/{name}")
            conditions = {one["type"]: one["status"] for one in body["status"]["conditions"] or ()}
            if conditions.get("Established") == "True":
                version, plural = body["spec"]["versions"][0]["name"], body["spec"]["names"]["plural"]
                status, _, _ = await self._send("GET", f"/apis/{body['spec']['group']}/{version}/{plural}")
                if status == 200:
                    return
            await asyncio.sleep(0.05)

    async def _send(self, method: str, path: str, body: Any = None) -> tuple[int, Any, tuple[str, ...]]:
        headers = {"Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        async with self._slots, self._session.request(method, path, data=data, headers=headers) as answer:
            warnings = tuple(map(_shared, answer.headers.getall("Warning", ())))
            text = await answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else text, warnings


def session(target: Target) -> aiohttp.ClientSession:
    """Return a session to the server."""
    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    connector = aiohttp.TCPConnector(ssl=target.context if target.context is not None else True)
    return aiohttp.ClientSession(target.url, connector=connector, headers=headers)


def _path(definition: dict[str, Any], version: str) -> str:
    spec = definition["spec"]
    place = "" if spec["scope"] == "Cluster" else "/namespaces/default"
    return f"/apis/{spec['group']}/{version}{place}/{spec['names']['plural']}"


def _whole(
    definition: dict[str, Any], version: str, body: dict[str, Any], metadata: dict[str, str] | None = None
) -> dict[str, Any]:
    spec = definition["spec"]
    head = {"apiVersion": f"{spec['group']}/{version}", "kind": spec["names"]["kind"]}
    return {**head, "metadata": {"name": "a", **(metadata or {})}, **body}


def _shared(text: str) -> str:
    return text.replace(PYTHON_GROUP, "<group>").replace(GO_GROUP, "<group>")
