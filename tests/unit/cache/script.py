"""An API server by the script: answers from a list, for the reflector's unit tests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from plugin_operator.cache import Informer, InformerKey, State
from plugin_operator.cache.objects import CachedObject
from plugin_operator.client import ApiRequest, Response
from plugin_operator.kube import GroupVersionKind, Resource

WIDGET = GroupVersionKind("example.org", "v1", "Widget")
KEY = InformerKey(WIDGET, "ns")


def resource(*verbs: Any) -> Resource:
    return Resource(WIDGET, "widgets", namespaced=True, verbs=frozenset(verbs or ("list", "watch")))


def page(version: str, *names: Any, token: str | None = None, size: int = 0, uid: str = "u") -> dict[str, Any]:
    items = [{"metadata": metadata(version, name, uid), "x": "y" * size} for name in names]
    return {"metadata": {"resourceVersion": version, **({"continue": token} if token else {})}, "items": items}


def metadata(version: str, name: str, uid: str = "u") -> dict[str, str]:
    return {"name": name, "namespace": "ns", "resourceVersion": version, "uid": uid}


def event(kind: str, version: str, name: str = "a") -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": metadata(version, name)}}


def bookmark(version: str, end: bool = False) -> dict[str, Any]:
    annotations = {"k8s.io/initial-events-end": "true"} if end else {}
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version, "annotations": annotations}}}


def stored(informer: Informer, key: str) -> CachedObject:
    """Return an object of the cache; it must be there."""
    found = informer.lister.cached(key)
    assert found is not None
    return found


def state_of(informer: Informer) -> State:
    """Return the state now: mypy takes an attribute that was asserted before an ``await`` to be the same after it."""
    return informer.state


class Script:
    """Transport and mapper that answer from a list: exceptions are raised, dicts are pages, lists are streams.

    A stream's items are events, raw bytes, exceptions, END, an asyncio.Event to be silent until it is set, or a
    coroutine function that returns bytes; after the last item the stream is silent.
    """

    END = object()

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[Any] = []
        self.resource: Resource | Exception = resource()
        self.invalidated = 0
        self.open = 0

    async def resource_for(self, kind: GroupVersionKind) -> Resource:
        if isinstance(self.resource, Exception):
            raise self.resource
        return self.resource

    def invalidate(self, kind: GroupVersionKind | None = None) -> None:
        self.invalidated += 1

    def next(self, request: ApiRequest) -> dict[str, Any] | list[Any]:
        self.asked.append({"path": request.path, "accept": request.accept, **dict(request.query)})
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(self, request: ApiRequest) -> Response:
        answer: Any = self.next(request)
        return Response(200, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    @asynccontextmanager
    async def stream(self, request: ApiRequest) -> AsyncIterator[Any]:
        items = list(self.next(request))
        self.open += 1

        class Stream:
            async def read(self) -> bytes:
                if not items:
                    await asyncio.Event().wait()
                item = items.pop(0)
                if isinstance(item, asyncio.Event):
                    await item.wait()
                    return await self.read()
                if item is Script.END:
                    return b""
                if isinstance(item, Exception):
                    raise item
                if callable(item):
                    found: bytes = await item()
                    return found
                return item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n"

        try:
            yield Stream()
        finally:
            self.open -= 1
