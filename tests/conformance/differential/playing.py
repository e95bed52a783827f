"""Plays a case against one server and returns its normalised outcomes."""

import asyncio
import contextlib
import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

import aiohttp
from multidict import MultiMapping

from tests.conformance.differential.bodies import parse, split_events
from tests.conformance.differential.language import Call, Case, Events, OpenWatch, Step, delete, get, patch
from tests.conformance.differential.normalising import Normaliser
from tests.conformance.differential.targets import Target

# Whether the body ends with a line feed, beside the headers.
_END = "ends with a line feed"
STEP_SECONDS = 20.0
NO_ANSWER = "no answer in time"
POLL_SECONDS = 0.1
# Kinds whose objects sequences may leave with a finalizer that nobody but them would take off.
MAY_LINGER = ("configmaps", "persistentvolumeclaims")
# Without a User-Agent of its own the name of the HTTP library would become the field manager.
_INITIAL_END = "k8s.io/initial-events-end"
_ABSENT = "<absent>"
USER_AGENT = "conformance/1.0"
HEADERS = ("Content-Type", "Warning", "Retry-After", "Location")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step came to, ready to compare."""

    label: str
    value: Any


class Player:
    """One play: a session, the words kept so far, the open watches."""

    def __init__(self, session: aiohttp.ClientSession, word: str) -> None:
        self._session = session
        self._namespace = f"case-{word}"
        self._words: dict[str, str] = {"ns": self._namespace, "id": word}
        self._normaliser = Normaliser({self._namespace: "<ns>", word: "<id>", word.capitalize(): "<Id>"})
        self._watches: dict[str, aiohttp.ClientResponse] = {}

    async def play(self, case: Case) -> list[Outcome]:
        """Play every step; one past its deadline is an outcome even if it is silent. Cleans up also when cancelled."""
        own_namespace = "$ns" in repr(case)
        if own_namespace:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
            await self._send(Call("POST", "/api/v1/namespaces", body))
        outcomes = []
        try:
            for number, step in enumerate(case.steps, 1):
                outcomes.extend(await self._outcomes(number, step))
        finally:
            for watch in self._watches.values():
                watch.close()
            for path in case.cleanup:
                await self._clean(delete(path))
            if own_namespace:
                await self._clean(delete("/api/v1/namespaces/$ns"))
                for kind in MAY_LINGER:
                    await self._let_go(f"/api/v1/namespaces/$ns/{kind}")
        return outcomes

    async def _let_go(self, path: str) -> None:
        """Take the finalizers off what is left, so that the namespace can go."""
        found = await self._clean(get(path))
        for metadata in (item["metadata"] for item in found.get("items", ())):
            if metadata.get("finalizers"):
                await self._clean(patch(f"{path}/{metadata['name']}", {"metadata": {"finalizers": None}}))

    async def _clean(self, call: Call) -> Any:
        """Send; once more where the last answer had closed the connection, and never in the way of the outcome."""
        for _ in range(2):
            with contextlib.suppress(aiohttp.ClientError):
                return (await self._send(call))[2]
        return {}

    async def _outcomes(self, number: int, step: Step) -> list[Outcome]:
        label = f"{number} {_describe(step)}"
        try:
            async with asyncio.timeout(STEP_SECONDS):
                value = await self._step(step)
        except TimeoutError:
            value = NO_ANSWER
        except aiohttp.ClientError as error:
            value = f"connection failed: {type(error).__name__}"
        is_shown = value == NO_ANSWER or not (isinstance(step, Call) and step.silent)
        return [Outcome(label, value)] if is_shown else []

    async def _step(self, step: Step) -> Any:
        match step:
            case Call():
                return await self._call(step)
            case OpenWatch():
                return await self._open(step)
            case Events():
                return await self._events(step)

    async def _call(self, call: Call) -> Any:
        metadata = call.body.get("metadata") if isinstance(call.body, Mapping) else None
        if isinstance(metadata, Mapping) and (prefix := metadata.get("generateName")):
            self._normaliser.expect_suffix(prefix)
        while True:
            status, headers, body = await self._send(call)
            shown = self._part(body, call.only)
            if call.until is None or (call.until == status and shown != _ABSENT):
                break
            await asyncio.sleep(POLL_SECONDS)
        if status < 300 or status == call.keep_from:
            self._words |= {name: _find(body, path) for name, path in call.keep.items()}
        return {"status": status, "headers": headers, "body": self._normaliser.value(shown)}

    def _part(self, body: Any, path: str) -> Any:
        for step in self._fill(path).split():
            body = body.get(step, _ABSENT) if isinstance(body, dict) else body
        return body

    async def _send(self, call: Call) -> tuple[int, dict[str, str], Any]:
        body = self._fill(call.body)
        text = body if isinstance(body, str | None) else json.dumps(body)
        # A stream, because aiohttp warns of a large body that it would have to send in one piece.
        data = None if text is None else io.BytesIO(text.encode())
        headers = {"Accept": call.accept, **{name: self._fill(value) for name, value in call.headers.items()}}
        if data is not None:
            headers["Content-Type"] = call.content_type
        async with self._session.request(call.method, self._fill(call.path), data=data, headers=headers) as answer:
            raw = await answer.read()
            shown = {**self._headers(answer.headers), _END: str(raw[-1:] == b"\n")}
            return answer.status, shown, parse(raw, answer.content_type)

    async def _open(self, step: OpenWatch) -> Any:
        answer = await self._session.get(self._fill(step.path), headers={"Accept": step.accept})
        self._watches[step.name] = answer
        shown = {"status": answer.status, "headers": self._headers(answer.headers)}
        if answer.status != 200:
            shown["body"] = self._normaliser.value(parse(await answer.read(), answer.content_type))
        return shown

    async def _events(self, step: Events) -> Any:
        watch = self._watches.pop(step.name)
        events: list[Any] = []
        buffer = b""
        try:
            async with asyncio.timeout(STEP_SECONDS / 2):
                while step.count is None or len(events) < step.count:
                    chunk = await watch.content.readany()
                    if not chunk:
                        break
                    found, buffer = split_events(buffer + chunk, watch.content_type)
                    for event in map(self._normaliser.value, found):
                        if not _marks_time(event) or (step.bookmarks and not any(map(_marks_time, events))):
                            events.append(event)
        except TimeoutError:
            events.append(f"silence after {len(events)} events")
        finally:
            watch.close()
        return events

    def _headers(self, headers: MultiMapping[str]) -> dict[str, str]:
        return {name: self._normaliser.text(", ".join(headers.getall(name))) for name in HEADERS if name in headers}

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return Template(value).safe_substitute(self._words)
        if isinstance(value, Mapping):
            return {self._fill(key): self._fill(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._fill(item) for item in value]
        return value


def new_word() -> str:
    """Return a word that names one play's objects on a server."""
    return "w" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))


async def play(case: Case, target: Target, word: str) -> list[Outcome]:
    """Play a case on a connection of its own."""
    headers = {"User-Agent": USER_AGENT} | ({"Authorization": f"Bearer {target.token}"} if target.token else {})
    connector = aiohttp.TCPConnector(ssl=target.context or True)
    async with aiohttp.ClientSession(target.url, headers=headers, connector=connector) as session:
        return await Player(session, word).play(case)


def unanswered(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the labels of the steps that had no answer, or not the expected one, in time."""
    return [outcome.label for outcome in outcomes if outcome.value == NO_ANSWER]


def _describe(step: Step) -> str:
    match step:
        case Call():
            return f"{step.method} {step.path}"
        case OpenWatch():
            return f"WATCH {step.path}"
        case Events():
            return f"EVENTS {step.count or 'all'} of {step.name}"


def _marks_time(event: Any) -> bool:
    """Tell a bookmark that only says how far the server is from one that ends a beginning."""
    if not isinstance(event, dict) or event.get("type") != "BOOKMARK":
        return False
    return _INITIAL_END not in json.dumps(event["object"])


def _find(body: Any, path: str) -> str:
    for part in path.split("."):
        body = body[int(part)] if isinstance(body, list) else body.get(part, {}) if isinstance(body, dict) else ""
    return body if isinstance(body, str) else json.dumps(body)
