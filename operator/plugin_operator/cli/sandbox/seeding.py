"""Objects that the embedded API server of a sandbox has before the operator starts.

Owns their order: CRDs first, each of which must be served, then namespaces, then the rest as written. Seeds are applied
by server-side apply, so that a sandbox with kept data can start with the same seeds again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kube_apiserver.seeds.manifests import DEFINITION, in_order
from plugin_operator.cli.crd_files import Crd, crd_of
from plugin_operator.cli.manifest_files import Manifest
from plugin_operator.cli.sandbox.refusals import refusal_of
from plugin_operator.client import ApiClient, Connection, RESTMapper, load_connection_config
from plugin_operator.errors import ApiError, NoMatchError, NotFoundError, PluginOperatorError
from plugin_operator.hosting.crds.requests import DEFINITIONS, FIELD_MANAGER
from plugin_operator.kube import GroupVersionKind, builtin_resource, without_server_fields
from plugin_operator.metrics import Metrics

_SEEDS = "plugin-operator-seed"
_SERVED_SECONDS = 10.0
_POLL_SECONDS = 0.02


def needs_definitions(manifests: Sequence[Manifest]) -> bool:
    """Report whether a class of a plugin may define the kind of an object: no CRD among the seeds does."""
    defined = {(crd.group, crd.kind) for each in manifests if (crd := _crd_of(each)) is not None}
    kinds = [GroupVersionKind.of(each.obj) for each in manifests]
    return any(builtin_resource(kind) is None and (kind.group, kind.kind) not in defined for kind in kinds)


def _crd_of(manifest: Manifest) -> Crd | None:
    try:
        return crd_of(manifest.obj)
    except ValueError:
        return None  # the server says what is wrong with it


async def seed(kubeconfig: Path, manifests: Sequence[Manifest], definitions: Sequence[dict[str, Any]] = ()) -> None:
    """Apply objects to the server of a kubeconfig.

    Args:
        kubeconfig: the kubeconfig.
        manifests: the objects.
        definitions: CRDs of the plugins' classes. Those that the server does not have are created as the operator
            would, which updates them later.

    Raises:
        PluginOperatorError: the server rejects one, or does not serve its kind; the message names file and document.
    """
    config = load_connection_config(kubeconfig)
    async with Connection.open(config, Metrics(), user_agent=_SEEDS) as connection:
        mapper = RESTMapper(connection, refetch_seconds=0)
        client = ApiClient(connection, mapper, field_manager=_SEEDS, default_namespace="default")
        seeding = _Seeding(client, mapper)
        await seeding.define(definitions)
        await seeding.apply(manifests)


class _Seeding:
    def __init__(self, client: ApiClient, mapper: RESTMapper) -> None:
        self._client = client
        self._mapper = mapper
        self._namespaces = {"default"}

    async def define(self, definitions: Iterable[dict[str, Any]]) -> None:
        for each in definitions:
            name = each["metadata"]["name"]
            try:
                await self._client.get(str(DEFINITIONS), name)
            except NotFoundError:
                await self._client.apply(each, field_manager=FIELD_MANAGER)
                await self._served(f"the definition {name} of a plugin", each["spec"])

    async def apply(self, manifests: Iterable[Manifest]) -> None:
        for manifest in in_order(manifests):
            try:
                await self._apply(manifest.obj)
            except NoMatchError as error:
                raise PluginOperatorError(f"--seed: {manifest}: {_not_served(error)}") from error
            except ApiError as error:
                raise PluginOperatorError(f"--seed: {manifest}: {refusal_of(error, manifest.obj)}") from error
            except ValueError as error:
                raise PluginOperatorError(f"--seed: {manifest}: {error}") from error
            if manifest.obj["kind"] == DEFINITION:
                await self._served(str(manifest), manifest.obj["spec"])

    async def _apply(self, given: dict[str, Any]) -> None:
        obj = without_server_fields(given)
        namespace = obj["metadata"].get("namespace") or ""
        if namespace and namespace not in self._namespaces:
            await self._create_namespace(namespace)
        if not obj["metadata"].get("name"):
            await self._client.create(obj)
            return
        await self._client.apply(obj, force=True)
        kind = GroupVersionKind.of(obj)
        if "status" in obj and "status" in (await self._mapper.resource_for(kind)).subresources:
            name = obj["metadata"]["name"]
            await self._client.patch_status(str(kind), name, obj["status"], namespace or None)

    async def _create_namespace(self, name: str) -> None:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        try:
            await self._client.apply(namespace)
        except ApiError as error:
            raise ValueError(f"its namespace {name!r}: {refusal_of(error, namespace)}") from error
        self._namespaces.add(name)

    async def _served(self, what: str, spec: dict[str, Any]) -> None:
        """Wait until the server serves each version of a CRD."""
        wanted = [
            GroupVersionKind(spec["group"], each["name"], spec["names"]["kind"])
            for each in spec["versions"]
            if each.get("served")
        ]
        deadline = asyncio.get_running_loop().time() + _SERVED_SECONDS
        while not all([await self._is_served(kind) for kind in wanted]):
            if asyncio.get_running_loop().time() > deadline:
                reason = f"its kind is not served after {_SERVED_SECONDS:g} s: are its names taken by another?"
                raise PluginOperatorError(f"--seed: {what}: {reason}")
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_served(self, kind: GroupVersionKind) -> bool:
        try:
            await self._mapper.resource_for(kind)
        except NoMatchError:
            return False
        return True


def _not_served(error: NoMatchError) -> str:
    is_misspelt = error.message.endswith("?")
    what = error.message.partition(": ")[0]
    return error.message if is_misspelt else f"{what}: name the file of its {DEFINITION} with --seed too"
