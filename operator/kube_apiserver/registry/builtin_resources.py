"""The built-in resources as registry entries, from the facts table."""

from collections.abc import Iterable

from kube_apiserver.kinds import strategy_of
from kube_apiserver.registry.resource import ServedResource
from kube_apiserver.schema import ResourceInfo, builtin_resources


def served_builtin_resources() -> list[ServedResource]:
    """Return the resources that the server serves without any CustomResourceDefinition."""
    infos = builtin_resources()
    preferred = _preferred(infos)
    return [_resource(info, preferred[info.group, info.plural]) for info in infos]


def _preferred(infos: Iterable[ResourceInfo]) -> dict[tuple[str, str], str]:
    versions: dict[tuple[str, str], str] = {}
    for info in infos:
        versions.setdefault((info.group, info.plural), f"{info.group}/{info.version}" if info.group else info.version)
    return versions


def _resource(info: ResourceInfo, storage_version: str) -> ServedResource:
    strategy = strategy_of(info.group, info.version, info.kind)
    bucket = f"{info.plural}.{info.group}" if info.group else info.plural
    bucket, storage_version = strategy.stored_as or (bucket, storage_version)
    return ServedResource(
        group=info.group,
        version=info.version,
        kind=info.kind,
        plural=info.plural,
        singular=info.singular,
        namespaced=info.namespaced,
        bucket=bucket,
        storage_version=storage_version,
        verbs=frozenset(info.verbs),
        strategy=strategy,
        short_names=info.short_names,
        categories=info.categories,
        subresources=info.subresources,
    )
