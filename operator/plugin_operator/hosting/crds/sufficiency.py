"""Whether a live definition serves what a class needs, although it is another one."""

from collections.abc import Iterator

from plugin_operator.hosting.crds.decision import Definition, schema_of, versions_of
from plugin_operator.kube.definitions.schemas.structural import (
    OF_EVERY_OBJECT,
    Schema,
    accepted_types,
    field_of,
    has_type,
    rest_of,
)


def unmet_needs(wanted: Definition, live: Definition) -> list[str]:
    """Return what a class with the definition ``wanted`` lacks while ``live`` is served: versions, fields, types.

    Descriptions, bounds and defaults do not count: the class can be read and written without them.
    """
    return list(dict.fromkeys(_unmet(wanted, live)))  # a field may be missing in several versions


def _unmet(wanted: Definition, live: Definition) -> Iterator[str]:
    was = versions_of(live)
    for name, version in versions_of(wanted).items():
        if not version.get("served", True):
            continue
        served = was.get(name)
        if served is None or not served.get("served"):
            yield f"version {name} is not served"
            continue
        yield from unmet_schema(schema_of(version), schema_of(served))
        for each in sorted((version.get("subresources") or {}).keys() - (served.get("subresources") or {}).keys()):
            yield f"the subresource {each} of {name} is missing"


def unmet_schema(wanted: Schema, served: Schema, path: str = "") -> Iterator[str]:
    """Yield the fields of ``wanted`` that ``served`` drops, or that have another type there."""
    if not has_type(served):
        return
    if not accepted_types(served) <= accepted_types(wanted):
        yield f"{path or '.'} has another type"
        return
    for name, each in (wanted.get("properties") or {}).items():
        if not path and name in OF_EVERY_OBJECT:
            continue
        found = field_of(served, name)
        if found is None:
            yield f"{path}.{name} is missing"
        else:
            yield from unmet_schema(each, found, f"{path}.{name}")
    if wanted.get("items") and served.get("items"):
        yield from unmet_schema(wanted["items"], served["items"], f"{path}[]")
    if (rest := rest_of(wanted)) is not None:
        found = rest_of(served)
        if found is None:
            yield f"{path}.* is missing"
        else:
            yield from unmet_schema(rest, found, f"{path}.*")
