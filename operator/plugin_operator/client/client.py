"""``ApiClient``: the verbs of ``Client`` as requests to an API server.

Owns the method and the options of each verb. Leaves the requests to ``ObjectRequests``, retries and credentials to the
``Transport``, and paths to the mapper.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from plugin_operator.client.addresses import address_and_argument, address_of, address_of_pod, name_and_argument
from plugin_operator.client.answers import object_in
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.interface.argument_checks import check_namespace
from plugin_operator.client.interface.arguments import Fields, Labels, PatchType, Propagation
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.object_requests import APPLY, PATCH_TYPES, ObjectRequests, checked_manager, delete_options
from plugin_operator.client.typed_documents import applied_document, new_document
from plugin_operator.client.typed_writes import write_changes
from plugin_operator.errors import NotFoundError
from plugin_operator.kube import Object
from plugin_operator.kube.objects import ApiObject
from plugin_operator.rendering import class_name


class ApiClient:
    """A ``Client`` that sends each request over one connection, in the name of one field manager.

    Args:
        transport: the connection.
        mapper: returns the resource of a kind.
        field_manager: owner of written fields.
        default_namespace: namespace of a namespaced object that names none.
        timeout_seconds: deadline of each request.
        about: log fields that name the caller, for warnings of the API server.
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
        """Return a client over the same connection with another field manager.

        Raises:
            ValueError: the name is not valid.
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

        It has no default namespace: a call that forgets the namespace must not read or write in that of the operator.

        Args:
            field_manager: as for ``with_field_manager``.
            about: fields that name the controller in log lines.

        Raises:
            ValueError: the name of the field manager is not valid.
        """
        own = self._requests
        return ApiClient(
            own.transport, own.mapper, field_manager=field_manager, timeout_seconds=own.timeout_seconds, about=about
        )

    async def get(self, kind: Any, name: Any = None, namespace: str | None = None) -> Any:
        """See ``Client.get``."""
        own, address = self._requests, address_of(kind, name, namespace)
        resource = await own.resource(address.kind)
        body = await own.send("GET", own.path(resource, address.name, address.namespace))
        return object_in(address.answers, body, resource)

    async def list(
        self, kind: Any, namespace: str | None = None, label_selector: Labels = None, field_selector: Fields = None
    ) -> list[Any]:
        """See ``Client.list``."""
        check_namespace("list", namespace)
        return await self._requests.list(kind, namespace, label_selector, field_selector)

    def pages(self, kind: Any, namespace: str | None = None) -> AsyncIterator[Sequence[bytes]]:
        """Yield the JSON of the objects of a kind page by page, so that a list of any size takes little memory.

        Raises:
            GoneError: the snapshot behind the pages has expired; begin again.
            ApiError: the API server returned another error.
        """
        return self._requests.pages(kind, namespace)

    async def create(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """See ``Client.create``."""
        sent, answers = (new_document(obj), type(obj)) if isinstance(obj, ApiObject) else (obj, None)
        return await self._requests.write("POST", sent, field_manager=field_manager, dry_run=dry_run, answers=answers)

    async def update(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """See ``Client.update``."""
        own = self._requests
        if isinstance(obj, ApiObject):
            return await write_changes(own, obj, None, field_manager=field_manager, dry_run=dry_run)
        return await own.write("PUT", obj, field_manager=field_manager, dry_run=dry_run)

    async def update_status(self, obj: Any, *, field_manager: str | None = None, dry_run: bool = False) -> Any:
        """See ``Client.update_status``."""
        own = self._requests
        if isinstance(obj, ApiObject):
            return await write_changes(own, obj, "status", field_manager=field_manager, dry_run=dry_run)
        return await own.write("PUT", obj, subresource="status", field_manager=field_manager, dry_run=dry_run)

    async def patch(  # noqa: PLR0913 - one keyword for each option of the request
        self,
        kind: Any,
        name: Any = None,
        patch: Any = None,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",  # noqa: A002 - the word users know from kubectl
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Any:
        """See ``Client.patch``."""
        own = self._requests
        address, patch = address_and_argument(kind, name, patch, namespace, call="patch")
        resource = await own.resource(address.kind)
        path = own.path(resource, address.name, address.namespace, subresource)
        query = own.manager(field_manager, dry_run)
        body = await own.send("PATCH", path, patch, query=query, content_type=PATCH_TYPES[type])
        return object_in(address.answers, body, resource if subresource is None else None)

    async def patch_status(
        self,
        kind: Any,
        name: Any = None,
        status: Any = None,
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Any:
        """See ``Client.patch_status``."""
        name, status = name_and_argument(kind, name, status, call="patch_status")
        check_namespace("patch_status", namespace)
        patch = {"status": status}
        return await self.patch(
            kind, name, patch, namespace, subresource="status", field_manager=field_manager, dry_run=dry_run
        )

    async def scale(
        self,
        kind: Any,
        name: Any = None,
        replicas: Any = None,
        namespace: str | None = None,
        *,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Object:
        """See ``Client.scale``."""
        own = self._requests
        address, replicas = address_and_argument(kind, name, replicas, namespace, call="scale")
        if not isinstance(replicas, int) or isinstance(replicas, bool):  # as JSON, nan is null, which scales to 0
            raise TypeError(f"replicas is a {class_name(replicas)}: it takes an int")
        path = own.path(await own.resource(address.kind), address.name, address.namespace, "scale")
        patch, query = {"spec": {"replicas": replicas}}, own.manager(field_manager, dry_run)
        body = await own.send("PATCH", path, patch, query=query, content_type=PATCH_TYPES["merge"])
        scale: Object = object_in("autoscaling/v1/Scale", body, None)
        return scale

    async def apply(
        self,
        obj: Any,
        *,
        force: bool = False,
        subresource: str | None = None,
        field_manager: str | None = None,
        dry_run: bool = False,
    ) -> Any:
        """See ``Client.apply``."""
        sent, answers = (obj, None)
        if isinstance(obj, ApiObject):
            sent, answers = applied_document(obj, subresource), type(obj)
        return await self._requests.write(
            "PATCH",
            sent,
            subresource=subresource,
            field_manager=field_manager,
            dry_run=dry_run,
            options=(("force", "true" if force else "false"),),
            content_type=APPLY,
            answers=answers,
        )

    async def delete(  # noqa: PLR0913 - one keyword for each option of the request
        self,
        kind: Any,
        name: Any = None,
        namespace: str | None = None,
        *,
        missing_ok: bool = False,
        propagation: Propagation | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> None:
        """See ``Client.delete``."""
        own, address = self._requests, address_of(kind, name, namespace, call="delete")
        path = own.path(await own.resource(address.kind), address.name, address.namespace)
        try:
            await own.send("DELETE", path, delete_options(propagation, dry_run, uid, resource_version))
        except NotFoundError:
            if not missing_ok:
                raise

    async def delete_collection(
        self,
        kind: Any,
        namespace: str | None = None,
        *,
        label_selector: Labels = None,
        field_selector: Fields = None,
        propagation: Propagation | None = None,
        dry_run: bool = False,
    ) -> Any:
        """See ``Client.delete_collection``."""
        check_namespace("delete_collection", namespace)
        return await self._requests.delete_collection(
            kind, namespace, label_selector, field_selector, delete_options(propagation, dry_run)
        )

    async def evict(self, pod: Any, namespace: str | None = None, *, dry_run: bool = False) -> None:
        """See ``Client.evict``."""
        own, address = self._requests, address_of_pod(pod, namespace)
        path = own.path(await own.resource("v1/Pod"), address.name, address.namespace, "eviction")
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": address.name}}
        await own.send("POST", path, eviction, query=own.manager(None, dry_run))
