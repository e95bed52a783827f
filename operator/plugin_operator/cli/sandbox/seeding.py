"""Objects that the embedded API server of a sandbox has before the operator starts.

Owns their order: CRDs first, each of which must be served, then namespaces, then the rest as written. Seeds are applied
by server-side apply, so that a sandbox with kept data can start with the same seeds again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from plugin_operator.cli.manifest_files import Manifest
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.errors import ApiError, NoMatchError, PluginOperatorError
from plugin_operator.kube import GroupVersionKind
from plugin_operator.metrics import Metrics

_FIELD_MANAGER = "plugin-operator-seed"
_DEFINITION = "CustomResourceDefinition"
_FIRST = (_DEFINITION, "Namespace")
_SERVED_SECONDS = 10.0
_POLL_SECONDS = 0.02
#: Metadata of another server, as in the output of kubectl get -o yaml. Owners are referenced by uid.
_OF_A_SERVER = ("creationTimestamp", "generation", "managedFields", "ownerReferences", "resourceVersion", "uid")


async def seed(kubeconfig: Path, manifests: Sequence[Manifest]) -> None:
    """Apply objects to the server of a kubeconfig.

    Raises:
        PluginOperatorError: the server rejects one, or does not serve its kind; the message names file and document.
    """
    config = load_connection_config(str(kubeconfig))
    async with Connection.open(config, Metrics(), user_agent=_FIELD_MANAGER) as connection:
        mapper = RESTMapper(connection, refetch_seconds=0)
        client = ApiClient(connection, mapper, field_manager=_FIELD_MANAGER, default_namespace="default")
        await _Seeding(client, mapper).apply(manifests)


class _Seeding:
    def __init__(self, client: ApiClient, mapper: RESTMapper) -> None:
        self._client = client
        self._mapper = mapper
        self._namespaces = {"default"}

    async def apply(self, manifests: Iterable[Manifest]) -> None:
        for manifest in sorted(manifests, key=_rank):
            try:
                await self._apply(manifest.obj)
            except NoMatchError as error:
                way_out = "name the file of its CustomResourceDefinition with --seed too"
                raise PluginOperatorError(f"--seed: {manifest}: {error}: {way_out}") from error
            except (ApiError, ValueError) as error:
                raise PluginOperatorError(f"--seed: {manifest}: {error}") from error
            if manifest.obj["kind"] == _DEFINITION:
                await self._served(manifest)

    async def _apply(self, given: dict[str, Any]) -> None:
        obj = _without_server(given)
        namespace = obj["metadata"].get("namespace") or ""
        if namespace and namespace not in self._namespaces:
            await self._client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            self._namespaces.add(namespace)
        if not obj["metadata"].get("name"):
            await self._client.create(obj)
            return
        await self._client.apply(obj, force=True)
        kind = GroupVersionKind.of(obj)
        if "status" in obj and "status" in (await self._mapper.resource_for(kind)).subresources:
            name = obj["metadata"]["name"]
            await self._client.patch_status(str(kind), name, obj["status"], namespace or None)

    async def _served(self, manifest: Manifest) -> None:
        """Wait until the server serves each version of a CRD."""
        spec = manifest.obj["spec"]
        wanted = [
            GroupVersionKind(spec["group"], each["name"], spec["names"]["kind"])
            for each in spec["versions"]
            if each.get("served")
        ]
        deadline = asyncio.get_running_loop().time() + _SERVED_SECONDS
        while not all([await self._is_served(kind) for kind in wanted]):
            if asyncio.get_running_loop().time() > deadline:
                reason = f"its kind is not served after {_SERVED_SECONDS:g} s: are its names taken by another?"
                raise PluginOperatorError(f"--seed: {manifest}: {reason}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_served(self, kind: GroupVersionKind) -> bool:
        try:
            await self._mapper.resource_for(kind)
        except NoMatchError:
            return False
        return True


def _rank(manifest: Manifest) -> int:
    kind = manifest.obj["kind"]
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)


def _without_server(obj: dict[str, Any]) -> dict[str, Any]:
    made = deepcopy(obj)
    for field in _OF_A_SERVER:
        made["metadata"].pop(field, None)
    return made
