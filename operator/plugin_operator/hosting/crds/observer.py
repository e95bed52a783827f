"""``DefinitionObserver``: what a class lacks while the operator may not install its definition.

It needs no permission: discovery and OpenAPI documents are for every authenticated user.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin_operator.errors import ApiError, ExternalError, NotFoundError
from plugin_operator.hosting.crds.decision import Definition, schema_of, versions_of
from plugin_operator.hosting.crds.outcomes import Installed
from plugin_operator.hosting.crds.requests import DefinitionRequests
from plugin_operator.hosting.crds.sufficiency import unmet_schema
from plugin_operator.kube import GroupVersionKind
from plugin_operator.kube.definitions.schemas.structural import Schema

_MOST = 5


class DefinitionObserver:
    """Compares the wanted definitions with what the API server serves.

    Args:
        requests: sends the requests.
    """

    def __init__(self, requests: DefinitionRequests) -> None:
        self._requests = requests
        self._known: dict[str, Installed] = {}

    async def install(self, wanted: Definition, *, plugin: str, path: str) -> Installed:  # noqa: ARG002 - as the installer
        """Return what is missing on the API server, with the command that installs it; nothing is written.

        While the API server fails, the last answer stays.

        Args:
            wanted: the definition.
            plugin: name of the plugin.
            path: the file of its class.
        """
        name = wanted["metadata"]["name"]
        try:
            lacking = [each async for each in self._lacking(wanted)]
        except (ApiError, ExternalError):
            return self._known.get(name, Installed("unchanged"))
        self._known[name] = Installed("unchanged", _note(name, lacking, path))
        return self._known[name]

    async def _lacking(self, wanted: Definition) -> Any:
        spec = wanted["spec"]
        served = {name: each for name, each in versions_of(wanted).items() if each.get("served", True)}
        kinds = {name: GroupVersionKind(spec["group"], name, spec["names"]["kind"]) for name in served}
        found = {name: await self._requests.served(kind) for name, kind in kinds.items()}
        if not any(found.values()):
            yield "it is missing"
            return
        for name, version in served.items():
            resource = found[name]
            if resource is None:
                yield f"version {name} is not served"
                continue
            if resource.plural != spec["names"]["plural"]:
                yield f"{kinds[name]} is served as {resource.plural}.{spec['group']}"
            for each in sorted((version.get("subresources") or {}).keys() - resource.subresources):
                yield f"the subresource {each} of {name} is missing"
            live = await self._schema(kinds[name])
            for each in unmet_schema(schema_of(version), live) if live is not None else ():
                yield each

    async def _schema(self, kind: GroupVersionKind) -> Schema | None:
        """Return the schema that the API server publishes for a kind; None if it publishes none."""
        try:
            document = await self._requests.openapi(kind)
        except NotFoundError:
            return None
        return next(_schemas_of(document, kind), None)


def _schemas_of(document: Mapping[str, Any], kind: GroupVersionKind) -> Iterator[Schema]:
    own = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    for each in ((document.get("components") or {}).get("schemas") or {}).values():
        if own in (each.get("x-kubernetes-group-version-kind") or ()):
            yield each


def _note(name: str, lacking: list[str], path: str) -> str:
    if not lacking:
        return ""
    more = f" and {len(lacking) - _MOST} more" if len(lacking) > _MOST else ""
    return (
        f"the definition {name} does not serve what the class needs: {', '.join(lacking[:_MOST])}{more}: apply it with "
        f"plugin-operator crd {path} | kubectl apply -f -"
    )
