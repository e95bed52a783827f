"""The creation of seeds on a server that does not accept connections yet.

CRDs come first, each until it is served, then namespaces, then the rest as written. Seeds go through all checks of a
request, by server-side apply, so that a server with kept data can start with the same seeds again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import quote

import http1
from kube_apiserver import codec
from kube_apiserver.registry import Registry, ServedResource
from kube_apiserver.seeds.manifests import DEFINITION, Manifest, ManifestRejected, in_order
from kube_apiserver.seeds.refusals import refusal

_MANAGER = "kube-apiserver-seed"
_SERVED_SECONDS = 10.0
_POLL_SECONDS = 0.002
#: Metadata that another server made, as in the output of kubectl get -o yaml. Owners are referenced by uid.
_OF_A_SERVER = ("creationTimestamp", "generation", "managedFields", "ownerReferences", "resourceVersion", "uid")

#: Sends a request with a JSON body, and returns status and body of the answer.
Send = Callable[[str, str, Any, str], Awaitable[tuple[int, Any]]]


async def seed(handle: http1.Handle, token: str, registry: Registry, manifests: Iterable[Manifest]) -> None:
    """Create objects on a server in this process.

    Args:
        handle: answers requests.
        token: the admin's bearer token, "" if the server requires none.
        registry: the resources of the server.
        manifests: the objects.

    Raises:
        ManifestRejected: the server rejects one, or does not serve its kind. Those before it were created.
    """
    await _Seeding(_sender(handle, token), registry).create(manifests)


def _sender(handle: http1.Handle, token: str) -> Send:
    async def send(method: str, path: str, body: Any, media: str) -> tuple[int, Any]:
        headers = [("Authorization", f"Bearer {token}")] if token else []
        if body is not None:
            headers.append(("Content-Type", media))
        data = codec.encode(body) if body is not None else b""
        answer = await handle(http1.Request(method, path, headers, data))
        if not isinstance(answer, http1.Response):
            raise TypeError(f"{method} {path} is answered with a stream")
        return answer.status, codec.decode(answer.body)

    return send


class _Rejected(Exception):
    """The server rejects an object; the text says why."""


class _Seeding:
    def __init__(self, send: Send, registry: Registry) -> None:
        self._send = send
        self._registry = registry
        self._namespaces = {"default"}

    async def create(self, manifests: Iterable[Manifest]) -> None:
        for manifest in in_order(manifests):
            try:
                await self._create(manifest.obj)
            except _Rejected as error:
                raise ManifestRejected(f"{manifest}: {error}") from error

    async def _create(self, given: dict[str, Any]) -> None:
        resource = self._registry.for_kind(given["apiVersion"], given["kind"])
        if resource is None:
            what = f"the server has no kind {given['kind']} in {given['apiVersion']}"
            raise _Rejected(f"apiVersion and kind: {what}; add the file of its {DEFINITION} to the seeds")
        metadata = {name: value for name, value in given["metadata"].items() if name not in _OF_A_SERVER}
        obj = {**given, "metadata": metadata}
        namespace = await self._namespace(resource, metadata)
        path, name = _path(resource, namespace), quote(metadata.get("name") or "", safe=":")
        if not name:
            await self._write("POST", path, obj, "application/json")
            return
        apply = f"?fieldManager={_MANAGER}&force=true"
        await self._write("PATCH", f"{path}/{name}{apply}", obj, "application/apply-patch+yaml")
        if resource.kind == DEFINITION:
            await self._established(f"{path}/{name}")
        elif "status" in obj and resource.subresource("status") is not None:
            await self._write(
                "PATCH", f"{path}/{name}/status", {"status": obj["status"]}, "application/merge-patch+json"
            )

    async def _namespace(self, resource: ServedResource, metadata: dict[str, Any]) -> str:
        """Return the namespace of an object, after it was created if it is missing; "" for a cluster-scoped one."""
        if not resource.namespaced:
            return ""
        namespace = metadata.setdefault("namespace", "default") or "default"
        if namespace not in self._namespaces:
            try:
                await self._create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            except _Rejected as error:
                raise _Rejected(f"metadata.namespace: {error}") from error
            self._namespaces.add(namespace)
        return str(namespace)

    async def _write(self, method: str, path: str, obj: dict[str, Any], media: str) -> None:
        status, answer = await self._send(method, path, obj, media)
        if status >= 400:
            causes = (answer.get("details") or {}).get("causes") or ()
            raise _Rejected(refusal(answer.get("message", ""), causes, obj) or f"status {status}")

    async def _established(self, path: str) -> None:
        """Wait until the server serves a CRD."""
        deadline = asyncio.get_running_loop().time() + _SERVED_SECONDS
        while True:
            _, crd = await self._send("GET", path, None, "")
            conditions = {each["type"]: each for each in (crd.get("status") or {}).get("conditions") or ()}
            if conditions.get("Established", {}).get("status") == "True":
                return
            refused = conditions.get("NamesAccepted", {})
            if refused.get("status") == "False":
                raise _Rejected(f"spec.names: {refused.get('message', 'not accepted')}")
            if asyncio.get_running_loop().time() > deadline:
                raise _Rejected(f"its kind is not served after {_SERVED_SECONDS:g} s")
            await asyncio.sleep(_POLL_SECONDS)


def _path(resource: ServedResource, namespace: str) -> str:
    root = f"/apis/{resource.group}" if resource.group else "/api"
    within = f"/namespaces/{quote(namespace)}" if namespace else ""
    return f"{root}/{resource.version}{within}/{resource.plural}"
