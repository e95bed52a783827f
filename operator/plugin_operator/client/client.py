"""The verbs of ``Client`` as requests to an API server.

Owns the method and the options of each verb. ``ObjectRequests`` builds and sends the requests; transport, retries and
credentials are left to the ``Transport``, paths to the mapper.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin_operator.client.answers import Kind, object_in
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.interface import PatchType, Propagation
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.object_requests import APPLY, PATCH_TYPES, ObjectRequests, checked_manager, delete_options
from plugin_operator.kube import NamespacedName


class ApiClient:
    """A ``Client`` that sends each request over one connection, in the name of one field manager.

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

    def with_field_manager(self, field_manager: str) -> "ApiClient":
        """Return a client over the same connection whose writes have another owner.

        Raises:
            ValueError: no API server would take the name.
        """
        own = self._requests
        return ApiClient(
            own.transport,
            own.mapper,
            field_manager=field_manager,
            default_namespace=own.default_namespace,
            timeout_seconds=own.timeout_seconds,
            about=own.about,
        )

    def for_controller(self, field_manager: str, about: Mapping[str, str]) -> "ApiClient":
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
        return ApiClient(
            own.transport, own.mapper, field_manager=field_manager, timeout_seconds=own.timeout_seconds, about=about
        )

    async def get(self, kind: Kind, name: str | NamespacedName, namespace: str | None = None) -> Any:
        """See ``Client.get``."""
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
        """See ``Client.list``."""
        return await self._requests.list(kind, namespace, label_selector, field_selector)

    async def create(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """See ``Client.create``."""
        return await self._requests.write("POST", obj, field_manager=field_manager)

    async def update(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """See ``Client.update``."""
        return await self._requests.write("PUT", obj, field_manager=field_manager)

    async def update_status(self, obj: Any, *, field_manager: str | None = None) -> Any:
        """See ``Client.update_status``."""
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
        """See ``Client.patch``."""
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
        """See ``Client.patch_status``."""
        patch = {"status": status}
        return await self.patch(kind, name, patch, namespace, subresource="status", field_manager=field_manager)

    async def apply(
        self, obj: Any, *, force: bool = False, subresource: str | None = None, field_manager: str | None = None
    ) -> Any:
        """See ``Client.apply``."""
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
        """See ``Client.delete``."""
        own = self._requests
        path = own.path(await own.resource(kind), name, namespace)
        await own.send("DELETE", path, delete_options(propagation, uid, resource_version))
