"""What to do about a CustomResourceDefinition, given the wanted and the live one.

Owns the rules that need no request. Leaves requests, live objects and field owners to ``installer``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from plugin_operator.hosting.crds.narrowings import Narrowing, narrowings
from plugin_operator.hosting.crds.outcomes import DefinitionRefused
from plugin_operator.kube.definitions.schemas.structural import ANYTHING, Schema

Definition: TypeAlias = Mapping[str, Any]

_FIXED_NAMES = ("plural", "kind", "listKind", "singular")


class VersionNarrowing(msgspec.Struct, frozen=True):
    """The narrowings of one version, with the schema that live objects must fit.

    Attributes:
        version: the version.
        schema: its wanted schema.
        before: the live schema.
        found: the narrowings.
    """

    version: str
    schema: Schema
    before: Schema
    found: tuple[Narrowing, ...]


class Change(msgspec.Struct, frozen=True):
    """A change of a live definition.

    Attributes:
        differs: paths of what changes; empty if nothing does.
        narrowed: the versions that become narrower.
        uncheckable: narrowings besides schemas, which no look at an object decides.
        removed: versions that are served, and would not be part of the definition any more.
        unserved: versions that are served, and would stay without being served.
    """

    differs: tuple[str, ...]
    narrowed: tuple[VersionNarrowing, ...] = ()
    uncheckable: tuple[Narrowing, ...] = ()
    removed: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()

    @property
    def is_narrowing(self) -> bool:
        """Whether it depends on the live objects."""
        return bool(self.narrowed or self.uncheckable or self.removed)


def change_of(wanted: Definition, live: Definition) -> Change:
    """Return what changes in a live definition.

    Raises:
        DefinitionRefused: the change is never allowed.
    """
    differs = tuple(_differences(wanted, live))
    if not differs:
        return Change(())
    _check_identity(wanted["spec"], live["spec"])
    _check_stored_versions(wanted, live)
    now = versions_of(wanted)
    served = [name for name, each in versions_of(live).items() if each.get("served")]
    return Change(
        differs,
        narrowed=tuple(_narrowed(wanted, live)),
        uncheckable=tuple(_subresources_and_fields(wanted, live)),
        removed=tuple(name for name in served if name not in now),
        unserved=tuple(name for name in served if name in now and not now[name].get("served", True)),
    )


def names_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of a definition with the defaults of the API server."""
    names = spec["names"]
    kind = names["kind"]
    found = {"singular": kind.lower(), "listKind": f"{kind}List", **names}
    return {key: value for key, value in found.items() if value not in ("", [])}


def versions_of(definition: Definition) -> dict[str, Mapping[str, Any]]:
    """Return the versions of a definition by name."""
    return {each["name"]: each for each in definition["spec"].get("versions") or ()}


def schema_of(version: Mapping[str, Any]) -> Schema:
    """Return the schema of a version."""
    schema: Schema = (version.get("schema") or {}).get("openAPIV3Schema") or ANYTHING
    return schema


def _differences(wanted: Definition, live: Definition) -> Iterator[str]:
    spec, before = wanted["spec"], live["spec"]
    if names_of(spec) != names_of(before):
        yield ".spec.names"
    was = versions_of(live)
    for name, version in versions_of(wanted).items():
        if version != was.get(name):
            yield f".spec.versions[{name}]"
    if list(versions_of(wanted)) != list(was):
        yield ".spec.versions"
    for key in sorted(spec.keys() - {"names", "versions"}):
        if not _is_part(spec[key], before.get(key)):
            yield f".spec.{key}"
    for key in ("labels", "annotations"):
        if not _is_part(wanted["metadata"].get(key) or {}, live["metadata"].get(key) or {}):
            yield f".metadata.{key}"


def _is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


def _check_identity(spec: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    wanted, before = names_of(spec), names_of(live)
    fixed = [(f".spec.names.{key}", wanted.get(key), before.get(key)) for key in _FIXED_NAMES]
    for path, value, was in [(f".spec.{key}", spec.get(key), live.get(key)) for key in ("group", "scope")] + fixed:
        if value != was:
            raise DefinitionRefused(
                f"{path}: it is {was!r} in the cluster and cannot become {value!r}: keep it, or choose another kind"
            )
    before_strategy = (live.get("conversion") or {}).get("strategy", "None")
    strategy = (spec.get("conversion") or {}).get("strategy", before_strategy)
    if strategy != before_strategy:
        raise DefinitionRefused(
            f".spec.conversion.strategy: it is {before_strategy} in the cluster, and cannot be compared with {strategy}"
        )


def _check_stored_versions(wanted: Definition, live: Definition) -> None:
    kept = versions_of(wanted)
    for name in (live.get("status") or {}).get("storedVersions") or ():
        if name not in kept:
            raise DefinitionRefused(
                f".spec.versions: {name} is gone, but objects are stored in it (status.storedVersions): keep its "
                "class, with served=False if clients must not use it"
            )


def _narrowed(wanted: Definition, live: Definition) -> Iterator[VersionNarrowing]:
    was = versions_of(live)
    stored = next((each for each in was.values() if each.get("storage")), None)
    for name, version in versions_of(wanted).items():
        # Without a converter, a new version shows the objects that are stored in another one.
        before = was.get(name, stored)
        if before is not None and (found := narrowings(schema_of(before), schema_of(version))):
            yield VersionNarrowing(name, schema_of(version), schema_of(before), tuple(found))


def _subresources_and_fields(wanted: Definition, live: Definition) -> Iterator[Narrowing]:
    now = versions_of(wanted)
    for name, was in versions_of(live).items():
        version = now.get(name)
        if version is None:
            continue
        at = f".spec.versions[{name}]"
        kept = version.get("subresources") or {}
        for key, value in (was.get("subresources") or {}).items():
            if key not in kept:
                yield Narrowing(f"{at}.subresources.{key}", "the subresource is removed", is_checkable=False)
            elif not _is_part(value, kept[key]):
                yield Narrowing(f"{at}.subresources.{key}", "its paths change", is_checkable=False)
        selectable = version.get("selectableFields") or ()
        for each in was.get("selectableFields") or ():
            if each not in selectable:
                path = each.get("jsonPath")
                yield Narrowing(f"{at}.selectableFields", f"{path} is no longer selectable", is_checkable=False)
