"""An API server by the script: answers from a list, for the reflector's unit tests."""

import asyncio
import json
from contextlib import asynccontextmanager

from plugin_operator.cache import InformerKey
from plugin_operator.client import Response
from plugin_operator.kube import GroupVersionKind, Resource

WIDGET = GroupVersionKind("example.org", "v1", "Widget")
KEY = InformerKey(WIDGET, "ns")


def resource(*verbs):
    return Resource(WIDGET, "widgets", namespaced=True, verbs=frozenset(verbs or ("list", "watch")))


def page(version, *names, token=None, size=0, uid="u"):
    items = [{"metadata": metadata(version, name, uid), "x": "y" * size} for name in names]
    return {"metadata": {"resourceVersion": version, **({"continue": token} if token else {})}, "items": items}


def metadata(version, name, uid="u"):
    return {"name": name, "namespace": "ns", "resourceVersion": version, "uid": uid}


def event(kind, version, name="a"):
    return {"type": kind, "object": {"metadata": metadata(version, name)}}


def bookmark(version, end=False):
    annotations = {"k8s.io/initial-events-end": "true"} if end else {}
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version, "annotations": annotations}}}


class Script:
    """Transport and mapper that answer from a list: exceptions are raised, dicts are pages, lists are streams.

    A stream's items are events, raw bytes, exceptions, END, an asyncio.Event to be silent until it is set, or a
    coroutine function that returns bytes; after the last item the stream is silent.
    """

    END = object()

    def __init__(self):
        self.answers = []
        self.asked = []
        self.resource = resource()
        self.invalidated = 0
        self.open = 0

    async def resource_for(self, kind):
        if isinstance(self.resource, Exception):
            raise self.resource
        return self.resource

    def invalidate(self, kind=None):
        self.invalidated += 1

    def next(self, request):
        self.asked.append({"path": request.path, "accept": request.accept, **dict(request.query)})
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(self, request):
        return Response(200, {}, json.dumps(self.next(request)).encode())

    @asynccontextmanager
    async def stream(self, request):
        items = list(self.next(request))
        self.open += 1

        class Stream:
            async def read(self):
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
                    return await item()
                return item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n"

        try:
            yield Stream()
        finally:
            self.open -= 1
