"""Build and send requests about objects: resource, path, namespace, field manager and body.

Owns what all verbs of ``Client`` share. ``Client`` documents each verb; ``answers`` decodes responses.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin_operator.client.answers import Kind, decoded, object_in
from plugin_operator.client.encoding.json_as_yaml import readable_as_yaml
from plugin_operator.client.encoding.request_bodies import encoded
from plugin_operator.client.http.api_request import ApiRequest, Query
from plugin_operator.client.http.transport import Transport
from plugin_operator.client.interface.argument_checks import check_place
from plugin_operator.client.list_pages import each_page, objects_in, read_list
from plugin_operator.client.mapper import RESTMapper
from plugin_operator.client.models import is_model, to_dict, version_and_kind
from plugin_operator.client.typed_documents import is_typed, kind_of
from plugin_operator.errors import NoMatchError, NotFoundError
from plugin_operator.kube import FieldSelector, GroupVersionKind, LabelSelector, Object, Resource, status_problem
from plugin_operator.kube.metadata import misspelled_metadata

APPLY = "application/apply-patch+yaml"
PATCH_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}

_MAX_MANAGER_BYTES = 128


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ObjectRequests:
    """Requests over one connection in the name of one field manager.

    Args:
        transport: the connection.
        mapper: returns the resource of a kind.
        field_manager: owner of written fields; a name that ``checked_manager`` returned.
        default_namespace: namespace of a namespaced object that names none.
        timeout_seconds: deadline of each request.
        about: log fields that name the caller, for warnings of the API server.
    """

    transport: Transport
    mapper: RESTMapper
    field_manager: str
    default_namespace: str | None
    timeout_seconds: float
    about: Mapping[str, str]

    async def resource(self, kind: Kind) -> Resource:
        """Return the resource that serves ``kind``.

        Raises:
            NoMatchError: the server does not serve the kind, or several kinds fit the model class.
            ValueError: the text is not a kind, or the class is not a model.
        """
        if isinstance(kind, str | GroupVersionKind):
            return await self.mapper.resource_for(kind)
        if is_typed(kind):
            return await self.mapper.resource_for(kind_of(kind))
        version, name = version_and_kind(kind)
        found = await self.mapper.find(version, name)
        if len(found) != 1:
            groups = ", ".join(str(resource.gvk) for resource in found) or "none"
            raise NoMatchError(f"{kind.__name__} must stand for exactly one kind of the server, but it serves {groups}")
        return found[0]

    async def document(self, obj: Any) -> tuple[Object, Resource]:
        """Return an object as a dict with its kind, and the resource that serves it.

        Raises:
            NoMatchError: the server does not serve the kind.
            ValueError: the object names no kind.
        """
        document = to_dict(obj)
        if is_model(obj) and not (document.get("apiVersion") and document.get("kind")):
            resource = await self.resource(type(obj))
            return {**document, "apiVersion": resource.gvk.api_version, "kind": resource.gvk.kind}, resource
        return document, await self.mapper.resource_for(GroupVersionKind.of(document))

    async def delete_collection(
        self,
        kind: Kind,
        namespace: str | None,
        label_selector: str | Mapping[str, Any] | None,
        field_selector: str | Mapping[str, str] | None,
        options: Object,
    ) -> list[Any]:
        """Delete the objects of one namespace that the selectors choose; return those that the answer has.

        Raises:
            SelectorError: a selector cannot be read.
            ValueError: a selector is empty, a namespace is missing, or one is given for a kind without namespaces.
        """
        query = selection(label_selector, field_selector)
        if len(query) != sum(each is not None for each in (label_selector, field_selector)):
            raise ValueError("an empty selector would delete every object: leave it out if that is meant")
        resource = await self.resource(kind)
        if namespace and not resource.namespaced:
            raise ValueError(
                f"{resource.gvk} has no namespaces, so objects outside of {namespace!r} would be deleted too: leave "
                "the namespace out if that is meant"
            )
        path = resource.path(self._namespace(resource, namespace, None))
        body = await self.send("DELETE", path, options, query=query)
        return [decoded(kind, item) for item in objects_in(body, resource)]

    async def list(
        self,
        kind: Kind,
        namespace: str | None,
        label_selector: str | Mapping[str, Any] | None,
        field_selector: str | Mapping[str, str] | None,
    ) -> list[Any]:
        """Return all selected objects; requests them in pages.

        Raises:
            SelectorError: a selector cannot be parsed.
            AnswerTooLargeError: a single object, or the whole list, is too large.
        """
        query = selection(label_selector, field_selector)
        resource = await self.resource(kind)

        def fetch(page: Query) -> Awaitable[bytes]:
            return self.send("GET", resource.path(namespace), query=[*query, *page])

        return [decoded(kind, item) for item in await read_list(fetch, resource)]

    async def pages(self, kind: Kind, namespace: str | None) -> AsyncIterator[Sequence[bytes]]:
        """Yield the JSON of the objects of a kind page by page; see ``list_pages.each_page``."""
        resource = await self.resource(kind)
        async for page in each_page(lambda query: self.send("GET", resource.path(namespace), query=query), resource):
            yield page

    async def write(  # noqa: PLR0913 - one keyword for each option of the request
        self,
        method: str,
        obj: Any,
        *,
        subresource: str | None = None,
        field_manager: str | None,
        dry_run: bool,
        options: Query = (),
        content_type: str = "application/json",
        answers: Kind | None = None,
    ) -> Any:
        """Send an object, and return the stored object.

        Args:
            method: POST addresses the collection, all others the object.
            obj: a dict or a model; the result has the same class.
            subresource: subresource to address instead of the object.
            field_manager: owner of the fields instead of the default one.
            dry_run: the server stores nothing.
            options: other parts of the query.
            content_type: type of the body; with ``APPLY``, ``metadata.managedFields`` is not sent.
            answers: class of the result; None for that of ``obj``.

        Raises:
            ValueError: the object has no kind, name or namespace, or ``field_manager`` is not valid.
        """
        document, resource = await self.document(obj)
        metadata = to_dict(document.get("metadata") or {})
        if method == "POST":
            path = resource.path(self._namespace(resource, metadata.get("namespace"), metadata.get("name")))
        else:
            if not metadata and (meant := misspelled_metadata(document)):
                raise ValueError(f"a {resource.gvk.kind} needs metadata.name{meant}")
            path = self.path(resource, metadata.get("name", ""), metadata.get("namespace"), subresource)
        if content_type == APPLY and "managedFields" in metadata:
            document = {**document, "metadata": {key: metadata[key] for key in metadata if key != "managedFields"}}
        query = (*self.manager(field_manager, dry_run), *options)
        body = await self.send(method, path, document, query=query, content_type=content_type)
        kind = answers or (type(obj) if is_model(obj) else "")
        return object_in(kind, body, resource if subresource is None else None)

    def path(self, resource: Resource, name: str, namespace: str | None, subresource: str | None = None) -> str:
        """Return the path of one object or of its subresource.

        Raises:
            ValueError: name or namespace is missing, or cannot be part of a path; or the kind has no status.
        """
        if not name:
            raise ValueError(f"a {resource.gvk.kind} without a name cannot be addressed")
        if subresource == "status" and (problem := status_problem(resource.gvk)):
            raise ValueError(problem)
        return resource.path(self._namespace(resource, namespace, name), name, subresource)

    def manager(self, chosen: str | None, dry_run: bool) -> tuple[tuple[str, str], ...]:
        """Return the query of a write, with the field manager: ``chosen``, or the default one.

        Raises:
            ValueError: the name is not valid.
        """
        manager = ("fieldManager", self.field_manager if chosen is None else checked_manager(chosen))
        return (manager, ("dryRun", "All")) if dry_run else (manager,)

    async def send(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        query: Query = (),
        content_type: str = "application/json",
    ) -> bytes:
        """Send one request and return the body of the response.

        Raises:
            NoMatchError: the server serves no resource at ``path``; the kind is removed from the mapper.
            ApiError: the server rejects the request.
            ApiConnectionError: no complete response arrived before the deadline.
        """
        body = None if document is None else encoded(document)
        if body is not None and content_type == APPLY:
            body = readable_as_yaml(body)
        request = ApiRequest(
            method,
            path,
            query,
            body,
            content_type,
            timeout_seconds=self.timeout_seconds,
            about=self.about,
        )
        try:
            answer = await self.transport.send(request)
        except NotFoundError as error:
            self.mapper.check_served(path, error)
            raise
        return answer.body

    def _namespace(self, resource: Resource, namespace: str | None, name: str | None) -> str | None:
        check_place(resource.gvk.kind, name, namespace)
        if not resource.namespaced:
            return None
        chosen = namespace or self.default_namespace
        if not chosen:
            raise ValueError(
                f"no namespace is given for {resource.gvk} {name or ''!r}, which is namespaced: "
                "pass namespace=request.namespace, or write metadata.namespace into the object"
            )
        return chosen


def checked_manager(name: str) -> str:
    """Return the name of a field manager, checked by the rules of apimachinery's ``ValidateFieldManager``.

    Raises:
        ValueError: the name is not valid.
    """
    if not name or len(name.encode()) > _MAX_MANAGER_BYTES or not name.isprintable():
        raise ValueError(f"field_manager {name!r} must be 1 to {_MAX_MANAGER_BYTES} bytes of printable text")
    return name


def selection(
    label_selector: str | Mapping[str, Any] | None, field_selector: str | Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """Return the query that selects objects.

    Raises:
        SelectorError: a selector cannot be read.
        TypeError: a selector is neither text nor a mapping.
    """
    labels, fields = LabelSelector.of(label_selector), FieldSelector.of(field_selector)
    query = [("labelSelector", str(labels))] if labels else []
    return query + ([("fieldSelector", str(fields))] if fields else [])


def delete_options(
    propagation: str | None, dry_run: bool, uid: str | None = None, resource_version: str | None = None
) -> Object:
    """Return the body of a DELETE, which takes precedence over its query; what is None is left to the server."""
    preconditions = {
        key: value for key, value in (("uid", uid), ("resourceVersion", resource_version)) if value is not None
    }
    options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
    options |= {"propagationPolicy": propagation} if propagation else {}
    options |= {"preconditions": preconditions} if preconditions else {}
    options |= {"dryRun": ["All"]} if dry_run else {}
    return options
