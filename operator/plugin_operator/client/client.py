"""What authors and the operator itself do to objects: read, write, patch, apply, delete.

Owns the shape of the requests. Transport, retries and credentials are left to the ``Transport``; paths to the mapper.
Objects are dicts, or models of kubernetes-asyncio where the kind was given as a model class.
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from plugin_operator.client.answers import Kind, decoded, object_in
from plugin_operator.client.http.request_path import is_whole_object, kind_at
from plugin_operator.client.http.server_warnings import on_behalf
from plugin_operator.client.http.transport import Query, Transport
from plugin_operator.client.list_pages import read_list
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.models import is_model, to_dict, version_and_kind
from plugin_operator.errors import NoMatchError, NotFoundError
from plugin_operator.kube import FieldSelector, GroupVersionKind, LabelSelector, NamespacedName, Object, Resource

PatchType = Literal["merge", "json", "strategic"]
Propagation = Literal["Background", "Foreground", "Orphan"]

# What kube-apiserver says of a path under which it serves no resource; an object's absence has other words.
_NO_SUCH_PATH = frozenset({"404 page not found", "the server could not find the requested resource"})
_MAX_MANAGER_BYTES = 128
_PATCH_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


class Client:
    """Requests about objects, straight to the API server: not to the cache, which ``Lister`` reads.

    *Objects* are dicts as in the API's JSON. A kind is text (``"v1/Secret"``, ``"apps/v1/Deployment"``), a
    ``GroupVersionKind``, or a model class of kubernetes-asyncio. With a model class, and for a model that is handed
    over, models are returned. What is handed over is never changed.

    *Namespace*: in a plugin there is no default namespace. A call about one namespaced object takes it from
    ``namespace=``, from a ``Request``, or from ``metadata.namespace`` of the object. Without one it raises ValueError
    before anything is sent. ``list`` without one reads all namespaces. Kinds without namespaces ignore it.

    *Field manager*: each controller writes as ``plugin-operator/<id>``, where ``id`` is declared and by default its
    name. ``field_manager=`` names another owner for that one write.

    *Errors*: besides those named at each method, every method raises the subclass of ``ApiError`` that fits the
    server's answer, ``ApiConnectionError`` without an answer, ``NoMatchError`` for a kind that is not served,
    ``ConfigError`` without credentials, and ValueError for a text that is no kind, a missing name or a missing
    namespace. Writes raise ``LeadershipLost`` in a process that leads no more.

    *Time*: a call has 30 seconds, waits that ``Retry-After`` asks for included. A cancelled call closes its connection
    and raises ``CancelledError``; whether its write was carried out is not known.

    Args:
        transport: the connection.
        mapper: finds the paths.
        field_manager: owns the fields that are written.
        default_namespace: where a namespaced object goes that names no namespace.
        timeout_seconds: for each request.
        about: fields that say for whom, in the log line about a warning of the API server.
    """

    def __init__(
        self,
        transport: Transport,
        mapper: RESTMapper,
        *,
        field_manager: str,
        default_namespace: str | None = None,
        timeout_seconds: float = 30.0,
        about: Mapping[str, str] | None = None,
    ) -> None:
        self._transport = transport
        self._mapper = mapper
        self._field_manager = _checked_manager(field_manager)
        self._default_namespace = default_namespace
        self._timeout_seconds = timeout_seconds
        self._about = dict(about or {})

    def with_field_manager(self, field_manager: str) -> "Client":
        """Return a client over the same connection whose writes have another owner.

        Raises:
            ValueError: no API server would take the name.
        """
        return Client(
            self._transport,
            self._mapper,
            field_manager=field_manager,
            default_namespace=self._default_namespace,
            timeout_seconds=self._timeout_seconds,
            about=self._about,
        )

    def for_controller(self, field_manager: str, about: Mapping[str, str]) -> "Client":
        """Return a client over the same connection for the code of one controller.

        It has no default namespace: an object of a request for which the code forgot the namespace would be looked for,
        or made, in the operator's own.

        Args:
            field_manager: as for ``with_field_manager``.
            about: fields that name the controller in log lines.

        Raises:
            ValueError: no API server would take the name of the field manager.
        """
        return Client(
            self._transport,
            self._mapper,
            field_manager=field_manager,
            timeout_seconds=self._timeout_seconds,
            about=about,
        )

    async def get(self, kind: Kind, name: str | NamespacedName, namespace: str | None = None) -> Any:
        """Return one object from the server, not from a cache.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            namespace: of the object, unless ``name`` has it.

        Raises:
            NotFoundError: there is none.
        """
        resource = await self._resource(kind)
        return object_in(kind, await self._send("GET", self._path(resource, name, namespace)), resource)

    async def list(
        self,
        kind: Kind,
        namespace: str | None = None,
        label_selector: str | Mapping[str, Any] | None = None,
        field_selector: str | Mapping[str, str] | None = None,
    ) -> list[Any]:
        """Return all objects, of all namespaces unless one is given; fetched in pages of 500.

        Each page is a request with 30 seconds of its own.

        Args:
            kind: of the objects.
            namespace: of the objects; None for all.
            label_selector: kubectl's syntax, a mapping of labels, or ``matchLabels`` and ``matchExpressions``.
            field_selector: kubectl's syntax, or a mapping of fields.

        Raises:
            SelectorError: a selector cannot be read.
            TypeError: a selector is neither text nor a mapping.
            AnswerTooLargeError: the objects have more than 256 MiB together.
        """
        labels, fields = LabelSelector.of(label_selector), FieldSelector.of(field_selector)
        resource = await self._resource(kind)
        query = [("labelSelector", str(labels))] if labels else []
        query += [("fieldSelector", str(fields))] if fields else []

        def fetch(page: Query) -> Awaitable[bytes]:
            return self._send("GET", resource.path(namespace), query=[*query, *page])

        return [decoded(kind, item) for item in await read_list(fetch, resource)]

    async def create(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Create the object and return it as the server stored it.

        Args:
            obj: with ``apiVersion`` and ``kind``, and a name or ``metadata.generateName``.
            field_manager: owns the fields instead of the controller; 1 to 128 bytes.

        Raises:
            AlreadyExistsError: the name is taken.
            InvalidError: the object breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is one that no server takes.
        """
        document, resource = await self._document(obj)
        metadata = _metadata(document)
        namespace = self._namespace(resource, metadata.get("namespace"), metadata.get("name"))
        body = await self._send("POST", resource.path(namespace), document, query=self._manager(field_manager))
        return object_in(_result_kind(obj), body, resource)

    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace the object and return what was stored.

        With a ``resourceVersion`` it is replaced only if nobody changed it meanwhile.

        Args:
            obj: the whole object as it shall be; its status is ignored where the kind has a status subresource.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: somebody did change it.
            NotFoundError: it is gone.
            InvalidError: the object breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is one that no server takes.
        """
        return await self._replace(obj, None, field_manager)

    async def update_status(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace the status subresource and return the whole object; the server ignores everything else of ``obj``.

        Args:
            obj: the object with the status as it shall be.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: somebody changed the object meanwhile.
            NotFoundError: it is gone, or its kind has no status subresource.
            InvalidError: the status breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is one that no server takes.
        """
        return await self._replace(obj, "status", field_manager)

    async def patch(
        self,
        kind: Kind,
        name: str | NamespacedName,
        patch: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        namespace: str | None = None,
        *,
        type: PatchType = "merge",  # noqa: A002 - the word users know from kubectl
        subresource: str | None = None,
        field_manager: str | None = None,
    ) -> Any:
        """Change parts of an object and return the whole.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            patch: by ``type``. With ``metadata.resourceVersion`` in it, only if nobody changed the object meanwhile.
            namespace: of the object, unless ``name`` has it.
            type: ``"merge"`` (RFC 7386, a mapping), ``"json"`` (RFC 6902, a list of operations), or ``"strategic"``
                (a mapping, for built-in kinds only).
            subresource: ``"status"``, ``"scale"`` or another, instead of the object itself.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: the patch names a ``resourceVersion`` and the object has another one.
            NotFoundError: there is no such object or subresource.
            InvalidError: the result breaks its schema, or an operation of a JSON patch fails.
            ValueError: ``field_manager`` is one that no server takes.
        """
        resource = await self._resource(kind)
        path = self._path(resource, name, namespace, subresource)
        query = self._manager(field_manager)
        body = await self._send("PATCH", path, patch, query=query, content_type=_PATCH_TYPES[type])
        return object_in(kind, body, resource if subresource is None else None)

    async def patch_status(
        self,
        kind: Kind,
        name: str | NamespacedName,
        status: Mapping[str, Any],
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
    ) -> Any:
        """Merge ``status`` into the object's status subresource and return the whole object.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            status: what is merged into ``status``; lists are replaced as a whole, and None removes a field.
            namespace: of the object, unless ``name`` has it.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            NotFoundError: there is no such object, or its kind has no status subresource.
            InvalidError: the result breaks its schema.
            ValueError: ``field_manager`` is one that no server takes.
        """
        patch = {"status": status}
        return await self.patch(kind, name, patch, namespace, subresource="status", field_manager=field_manager)

    async def apply(
        self, obj: Any, *, force: bool = False, subresource: str | None = None, field_manager: str | None = None
    ) -> Any:
        """Apply the fields ``obj`` states (server-side apply) and return the whole object.

        A field that the manager applied before and ``obj`` does not state is removed, unless another manager has it.
        ``metadata.managedFields``, which an object that was read has and no server takes back, is not sent. An object
        that is not there is created.

        Args:
            obj: ``apiVersion``, ``kind``, ``metadata.name`` and the fields to own; no others.
            force: take fields that another manager owns, instead of a conflict.
            subresource: ``"status"`` or another, instead of the object itself.
            field_manager: owns the fields instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: another manager owns one of the fields, and ``force`` is not set.
            InvalidError: the result breaks its schema.
            ValueError: the object names no kind or no name, or ``field_manager`` is one that no server takes.
        """
        document, resource = await self._document(obj)
        metadata = _metadata(document)
        path = self._path(resource, metadata.get("name", ""), metadata.get("namespace"), subresource)
        if "managedFields" in metadata:
            document = {**document, "metadata": {key: metadata[key] for key in metadata if key != "managedFields"}}
        query = [*self._manager(field_manager), ("force", "true" if force else "false")]
        body = await self._send("PATCH", path, document, query=query, content_type="application/apply-patch+yaml")
        return object_in(_result_kind(obj), body, resource if subresource is None else None)

    async def delete(
        self,
        kind: Kind,
        name: str | NamespacedName,
        namespace: str | None = None,
        *,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> None:
        """Delete an object; with ``uid`` or ``resource_version`` only if it is still that one.

        It returns when the server has taken the deletion. An object with finalizers is still there then.

        Args:
            kind: of the object.
            name: of the object; a ``Request`` brings its namespace with it.
            namespace: of the object, unless ``name`` has it.
            propagation: what becomes of the objects it owns; None leaves it to the kind.
            uid: only the object with this ``metadata.uid``.
            resource_version: only this version of it.

        Raises:
            NotFoundError: it is gone already.
            ConflictError: a precondition does not hold.
        """
        resource = await self._resource(kind)
        preconditions = {
            key: value for key, value in (("uid", uid), ("resourceVersion", resource_version)) if value is not None
        }
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        options |= {"propagationPolicy": propagation} if propagation else {}
        options |= {"preconditions": preconditions} if preconditions else {}
        await self._send("DELETE", self._path(resource, name, namespace), options)

    async def _replace(self, obj: Any, subresource: str | None, field_manager: str | None) -> Any:
        document, resource = await self._document(obj)
        metadata = _metadata(document)
        path = self._path(resource, metadata.get("name", ""), metadata.get("namespace"), subresource)
        query = self._manager(field_manager)
        body = await self._send("PUT", path, document, query=query)
        return object_in(_result_kind(obj), body, resource if subresource is None else None)

    async def _document(self, obj: Any) -> tuple[Object, Resource]:
        document = to_dict(obj)
        if is_model(obj) and not (document.get("apiVersion") and document.get("kind")):
            resource = await self._resource(type(obj))
            return {**document, "apiVersion": resource.gvk.api_version, "kind": resource.gvk.kind}, resource
        return document, await self._mapper.resource_for(GroupVersionKind.of(document))

    async def _resource(self, kind: Kind) -> Resource:
        if isinstance(kind, str | GroupVersionKind):
            return await self._mapper.resource_for(kind)
        version, name = version_and_kind(kind)
        found = await self._mapper.find(version, name)
        if len(found) != 1:
            groups = ", ".join(str(resource.gvk) for resource in found) or "none"
            raise NoMatchError(f"{kind.__name__} must stand for exactly one kind of the server, but it serves {groups}")
        return found[0]

    def _path(
        self, resource: Resource, name: str | NamespacedName, namespace: str | None, subresource: str | None = None
    ) -> str:
        if isinstance(name, NamespacedName):
            namespace, name = namespace or name.namespace, name.name
        if not name:
            raise ValueError(f"a {resource.gvk.kind} without a name cannot be addressed")
        return resource.path(self._namespace(resource, namespace, name), name, subresource)

    def _namespace(self, resource: Resource, namespace: str | None, name: str | None) -> str | None:
        if not resource.namespaced:
            return None
        chosen = namespace or self._default_namespace
        if not chosen:
            raise ValueError(
                f"no namespace is given for {resource.gvk} {name or ''!r}, which is namespaced: "
                "pass namespace=request.namespace, or write metadata.namespace into the object"
            )
        return chosen

    def _manager(self, chosen: str | None) -> tuple[tuple[str, str], ...]:
        return (("fieldManager", self._field_manager if chosen is None else _checked_manager(chosen)),)

    async def _send(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        query: Query = (),
        content_type: str = "application/json",
    ) -> bytes:
        body = None if document is None else msgspec.json.encode(document)
        try:
            with on_behalf(self._about):
                answer = await self._transport.request(
                    method,
                    path,
                    query=query,
                    body=body,
                    content_type=content_type,
                    timeout_seconds=self._timeout_seconds,
                )
        except NotFoundError as error:
            self._check_is_served(path, error)
            raise
        return answer.body

    def _check_is_served(self, path: str, error: NotFoundError) -> None:
        """Tell a kind that is gone from an object that is not there; the next call asks discovery again."""
        if error.message in _NO_SUCH_PATH and is_whole_object(path):
            self._mapper.invalidate(kind_at(path))
            raise NoMatchError(f"the API server does not serve {path}: {error.message}") from error


def _checked_manager(name: str) -> str:
    """Refuse what the API server would refuse; see apimachinery's ``ValidateFieldManager``."""
    if not name or len(name.encode()) > _MAX_MANAGER_BYTES or not name.isprintable():
        raise ValueError(f"field_manager {name!r} must be 1 to {_MAX_MANAGER_BYTES} bytes of printable text")
    return name


def _metadata(document: Object) -> Object:
    metadata: Object = document.get("metadata") or {}
    return metadata


def _result_kind(obj: Any) -> Kind:
    return type(obj) if is_model(obj) else ""
