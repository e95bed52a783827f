"""Declarations as JSON-like values."""

from typing import Any

from plugin_operator.plugin.cache_declaration import CacheDeclaration
from plugin_operator.plugin.declaration.declarations import ControllerDeclaration
from plugin_operator.plugin.declaration.invocation import is_async


def summary(declaration: ControllerDeclaration) -> dict[str, Any]:
    """Return the declaration as JSON-like values, for trial results, status and the CLI."""
    return {
        "name": declaration.name,
        "id": declaration.id,
        "renamedFrom": list(declaration.renamed_from),
        "for": str(declaration.for_) if declaration.for_ is not None else None,
        "owns": [str(each.kind) for each in declaration.owns],
        "watches": [str(each.kind) for each in declaration.watches],
        "reads": [str(each.kind) for each in declaration.reads],
        "namespaces": list(declaration.namespaces) if declaration.namespaces is not None else None,
        "maxConcurrentReconciles": declaration.max_concurrent_reconciles,
        "async": is_async(declaration.reconcile),
        "schedules": [each.text for each in declaration.schedules],
        "sources": [each.name for each in declaration.sources],
        "permissions": [each.as_rule() for each in declaration.permissions],
        "caches": [_cache_summary(each, declaration.namespaces) for each in declaration.caches],
        "recordsSchedules": any(each.is_recorded for each in declaration.schedules),
        "cleansUp": declaration.cleanup is not None,
        "isSelected": declaration.is_selected,
        "shardBy": declaration.shard_by,
        "path": declaration.path,
        "line": declaration.line,
    }


def _cache_summary(cache: CacheDeclaration, namespaces: tuple[str, ...] | None) -> dict[str, Any]:
    within = cache.namespaces if cache.namespaces is not None else namespaces
    return {
        "kind": str(cache.kind),
        "name": cache.name,
        "namespaces": list(within) if within is not None else None,
        "fieldSelector": cache.field_selector,
    }
