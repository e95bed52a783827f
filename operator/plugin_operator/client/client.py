"""What authors and the operator itself do to objects: read, write, patch, apply, delete.

Owns what each verb promises. ``ObjectRequests`` builds and sends the requests; transport, retries and credentials are
left to the ``Transport``, paths to the mapper.
Objects are dicts, or models of kubernetes-asyncio where the kind was given as a model class.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from plugin_operator.client.answers import Kind, object_in
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.object_requests import APPLY, PATCH_TYPES, ObjectRequests, checked_manager, delete_options
from plugin_operator.kube import NamespacedName

PatchType = Literal["merge", "json", "strategic"]
Propagation = Literal["Background", "Foreground", "Orphan"]


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
        self._requests = ObjectRequests(
            transport, mapper, checked_manager(field_manager), default_namespace, timeout_seconds, dict(about or {})
        )

    def with_field_manager(self, field_manager: str) -> "Client":
        """Return a client over the same connection whose writes have another owner.

        Raises:
            ValueError: no API server would take the name.
        """
        own = self._requests
        return Client(
            own.transport,
            own.mapper,
            field_manager=field_manager,
            default_namespace=own.default_namespace,
            timeout_seconds=own.timeout_seconds,
            about=own.about,
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
        own = self._requests
        return Client(
            own.transport, own.mapper, field_manager=field_manager, timeout_seconds=own.timeout_seconds, about=about
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
        own = self._requests
        resource = await own.resource(kind)
        return object_in(kind, await own.send("GET", own.path(resource, name, namespace)), resource)

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
        return await self._requests.list(kind, namespace, label_selector, field_selector)

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
        return await self._requests.write("POST", obj, field_manager=field_manager)

    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """Replace the object and return what was stored.

        With a ``resourceVersion``, a change since that version ends in ConflictError.

        Args:
            obj: the whole object as it shall be; its status is ignored where the kind has a status subresource.
            field_manager: owns what changes instead of the controller; 1 to 128 bytes.

        Raises:
            ConflictError: somebody did change it.
            NotFoundError: it is gone.
            InvalidError: the object breaks its schema.
            ValueError: the object names no kind, or ``field_manager`` is one that no server takes.
        """
        return await self._requests.write("PUT", obj, field_manager=field_manager)

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
        return await self._requests.write("PUT", obj, subresource="status", field_manager=field_manager)

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
            patch: by ``type``. With ``metadata.resourceVersion`` in it, a change since ends in ConflictError.
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
        own = self._requests
        resource = await own.resource(kind)
        path = own.path(resource, name, namespace, subresource)
        query = own.manager(field_manager)
        body = await own.send("PATCH", path, patch, query=query, content_type=PATCH_TYPES[type])
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
        options = (("force", "true" if force else "false"),)
        return await self._requests.write(
            "PATCH", obj, subresource=subresource, field_manager=field_manager, options=options, content_type=APPLY
        )

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
        own = self._requests
        path = own.path(await own.resource(kind), name, namespace)
        await own.send("DELETE", path, delete_options(propagation, uid, resource_version))
