"""Validation of CustomResourceDefinitions.

The rules, their order and their messages follow apiextensions-apiserver's ``pkg/apis/apiextensions/validation``. Fields
that all versions share are reported at their internal place, beside the versions. Schemas are validated in
``structure``, ``schema_checks``, ``schema_defaults`` and ``cel``; printer columns and JSON paths in ``versions``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_apiserver.cel import declared_causes
from kube_apiserver.crds.go_form import go_versions
from kube_apiserver.crds.schema_checks import (
    root_causes,
    schema_causes,
    types_in_sets,
    unrecognized_formats,
    unsupported_keyword,
)
from kube_apiserver.crds.schema_defaults import default_causes
from kube_apiserver.crds.schemas import from_crd
from kube_apiserver.crds.structure import structural_causes
from kube_apiserver.crds.versions import (
    column_causes,
    deprecation_causes,
    scale_causes,
    selectable_causes,
)
from kube_apiserver.schema import messages, names
from kube_apiserver.schema.model import Cause

Object = Mapping[str, Any]
_SCOPES = ("Cluster", "Namespaced")
_MIXED_CASE = "may have mixed case, but should otherwise match: "
_REVIEW_VERSIONS = ("v1", "v1beta1")
_MIGRATE = (
    "missing from spec.versions; {0} was previously a storage version, and must remain in spec.versions until a "
    "storage migration ensures no data remains persisted in {0} and removes {0} from status.storedVersions"
)
_KEEPS_ALL = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"


def definition_causes(obj: Object, changed: Sequence[Cause] = ()) -> list[Cause]:
    """Return the field errors of a CustomResourceDefinition, with ``changed``, those of a change of its spec."""
    spec = obj.get("spec") or {}
    name = (obj.get("metadata") or {}).get("name", "")
    kinds, group = spec.get("names") or {}, spec.get("group") or ""
    versions = spec.get("versions") or []
    causes = []
    if name != f"{kinds.get('plural') or ''}.{group}":
        causes.append(messages.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    causes += [*_group(group), *_scope(spec.get("scope") or ""), *_missing_schemas(versions)]
    keeps_all = bool(spec.get("preserveUnknownFields"))
    if keeps_all and any(_has_default(_schema_of(version)) for version in versions):
        detail = "must be false in order to use defaults in the schema"
        causes.append(messages.invalid("spec.preserveUnknownFields", True, detail))
    causes += [*_versions(spec.get("versions")), *_names(kinds), *_shared(versions)]
    causes += [*_conversion(spec.get("conversion")), *changed]
    causes += _stored(versions, (obj.get("status") or {}).get("storedVersions"))
    if keeps_all:
        causes.append(messages.invalid("spec.preserveUnknownFields", True, _KEEPS_ALL))
    return causes


def definition_warnings(obj: Object, old: Object | None = None) -> list[str]:
    """Return warnings about valid fields without effect: unknown formats, sets of objects, conversion webhooks."""
    found = [*_format_warnings(obj, old), *_set_warnings(obj, old)]
    if ((obj.get("spec") or {}).get("conversion") or {}).get("strategy") == "Webhook":
        text = "this server calls no conversion webhook: it serves the stored fields unchanged in every version"
        found.append(f"spec.conversion: {text}")
    return found


def _format_warnings(obj: Object, old: Object | None) -> list[str]:
    known = set(_formats_of(old)) if old is not None else set()
    return [f'unrecognized format "{name}"' for name in dict.fromkeys(_formats_of(obj)) if name not in known]


def _set_warnings(obj: Object, old: Object | None) -> list[str]:
    """Return a warning for each type of items that a set cannot compare, unless the stored definition has it too."""
    known = _types_in_sets(old) if old is not None else set()
    detail = "is not supported by server-side apply or CEL validation rules"
    return [
        f'x-kubernetes-list-type: set for items of type "{name}" {detail}'
        for name in sorted(_types_in_sets(obj) - known)
    ]


def _types_in_sets(crd: Object) -> set[str]:
    versions = (crd.get("spec") or {}).get("versions") or ()
    return {name for version in versions for name in types_in_sets(_schema_of(version) or {})}


def _formats_of(crd: Object) -> Iterator[str]:
    for version in (crd.get("spec") or {}).get("versions") or ():
        yield from unrecognized_formats(_schema_of(version) or {})


def _group(group: str) -> Iterator[Cause]:
    if not group:
        yield messages.required("spec.group")
    elif problems := names.is_dns1123_subdomain(group):
        yield messages.invalid("spec.group", group, ",".join(problems))
    elif "." not in group:
        yield messages.invalid("spec.group", group, "should be a domain with at least one dot")


def _scope(scope: str) -> Iterator[Cause]:
    if not scope:
        yield messages.required("spec.scope")
    elif scope not in _SCOPES:
        yield messages.not_supported("spec.scope", scope, _SCOPES)


def _schema_of(version: Object) -> Object | None:
    schema: Object | None = (version.get("schema") or {}).get("openAPIV3Schema")
    return schema


def _missing_schemas(versions: list[Object]) -> Iterator[Cause]:
    if _common(versions, "schema"):
        return
    for position, version in enumerate(versions):
        if _schema_of(version) is None:
            yield messages.required(f"spec.versions[{position}].schema.openAPIV3Schema")


def _has_default(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_default(part) for part in schema)
    if not isinstance(schema, Mapping):
        return False
    return "default" in schema or any(_has_default(part) for part in schema.values())


def _common(versions: list[Object], name: str) -> Any:
    """Return the value that all versions have under ``name``, None if they differ or have none."""
    first = versions[0].get(name) if versions else None
    return first if first and all(version.get(name) == first for version in versions) else None


def _versions(stated: list[Object] | None) -> Iterator[Cause]:
    versions = stated or []
    own = [{key: value for key, value in each.items() if not _common(versions, key)} for each in versions]
    shown = None if stated is None else go_versions(versions, own)
    for position, version in enumerate(versions):
        path, name = f"spec.versions[{position}]", version.get("name") or ""
        if problems := names.is_dns1035_label(name):
            yield messages.invalid(f"{path}.name", name, ",".join(problems))
        yield from deprecation_causes(version, f"{path}.deprecationWarning")
        first = next(each for each in versions if each.get("name") == version.get("name"))
        yield from _parts(own[position], f"{path}.schema", path, has_status=_has_status(first))
    known = [version.get("name") for version in versions]
    if len(set(known)) != len(known):
        yield messages.invalid("spec.versions", shown, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        detail = "must have exactly one version marked as storage version"
        yield messages.invalid("spec.versions", shown, detail)
    if versions and known[0] and (problems := names.is_dns1035_label(known[0])):
        yield messages.invalid("spec.version", known[0], ",".join(problems))


def _shared(versions: list[Object]) -> Iterator[Cause]:
    """Validate the fields that all versions share, which the internal form keeps beside the versions."""
    shared = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")
    has_status = any(map(_has_status, versions))
    common = {name: _common(versions, name) for name in shared}
    yield from _parts(common, "spec.validation", "spec", has_status=has_status)


def _has_status(version: Object) -> bool:
    return (version.get("subresources") or {}).get("status") is not None


def _parts(version: Object, schema_path: str, path: str, *, has_status: bool) -> Iterator[Cause]:
    schema, subresources = _schema_of(version), version.get("subresources") or {}
    if schema is not None:
        yield from open_api_causes(schema, f"{schema_path}.openAPIV3Schema", has_status=has_status)
    yield from scale_causes(subresources.get("scale"), f"{path}.subresources.scale")
    yield from column_causes(version.get("additionalPrinterColumns") or (), f"{path}.additionalPrinterColumns")
    yield from selectable_causes(version.get("selectableFields") or (), schema, f"{path}.selectableFields")


def open_api_causes(schema: Object, path: str, *, has_status: bool = False) -> list[Cause]:
    """Return the field errors of the ``openAPIV3Schema`` at ``path``; ``has_status`` if its status is a subresource."""
    causes = [*root_causes(schema, path)] if has_status else []
    if schema.get("nullable"):
        causes.append(messages.forbidden(f"{path}.nullable", "nullable cannot be true at the root"))
    unsupported = unsupported_keyword(schema)
    if not unsupported:
        causes += structural_causes(schema, path) or default_causes(schema, path)
    causes += schema_causes(schema, path, root=True)
    if unsupported and not causes:
        return [messages.invalid(path, "", f"OpenAPIV3Schema '{unsupported}' is not supported")]
    return causes or declared_causes(from_crd(schema), path)


def _names(kinds: Object) -> Iterator[Cause]:
    fields = ("plural", "singular", "kind", "listKind")
    for field in fields:
        if not kinds.get(field):
            yield messages.required(f"spec.names.{field}")
    for field in fields:
        value, mixed = str(kinds.get(field) or ""), field.endswith("ind")
        problems = names.is_dns1035_label(value.lower() if mixed else value) if value else []
        if problems:
            yield messages.invalid(f"spec.names.{field}", value, (_MIXED_CASE if mixed else "") + ",".join(problems))
    yield from _labels(kinds, "shortNames")
    if kinds.get("kind") and kinds.get("kind") == kinds.get("listKind"):
        yield messages.invalid("spec.names.listKind", kinds["listKind"], "kind and listKind may not be the same")
    yield from _labels(kinds, "categories")


def _labels(kinds: Object, field: str) -> Iterator[Cause]:
    for position, value in enumerate(kinds.get(field) or ()):
        if problems := names.is_dns1035_label(value):
            yield messages.invalid(f"spec.names.{field}[{position}]", value, ",".join(problems))


def _conversion(conversion: Object | None) -> Iterator[Cause]:
    if conversion is None:
        return
    path, strategy = "spec.conversion", conversion.get("strategy")
    webhook = conversion.get("webhook") or {}
    client, versions = webhook.get("clientConfig"), webhook.get("conversionReviewVersions") or []
    if not strategy:
        yield messages.required(f"{path}.strategy")
    elif strategy not in {"None", "Webhook"}:
        yield messages.not_supported(f"{path}.strategy", strategy, ("None", "Webhook"))
    if strategy != "Webhook":
        detail = "should not be set when strategy is not set to Webhook"
        if client is not None:
            yield messages.forbidden(f"{path}.webhookClientConfig", detail)
        if versions:
            yield messages.forbidden(f"{path}.conversionReviewVersions", detail)
        return
    if client is None:
        yield messages.required(f"{path}.webhookClientConfig", "required when strategy is set to Webhook")
    elif (client.get("url") is None) == (client.get("service") is None):
        yield messages.required(f"{path}.webhookClientConfig", "exactly one of url or service is required")
    yield from _review_versions(versions, f"{path}.conversionReviewVersions")


def _review_versions(versions: list[str], path: str) -> Iterator[Cause]:
    if not versions:
        yield messages.required(path)
        return
    for position, version in enumerate(versions):
        if version in versions[:position]:
            yield messages.invalid(f"{path}[{position}]", version, "duplicate version")
        else:
            yield from (
                messages.invalid(f"{path}[{position}]", version, why) for why in names.is_dns1035_label(version)
            )
    if not set(versions) & set(_REVIEW_VERSIONS):
        yield messages.invalid(path, versions, f"must include at least one of {', '.join(_REVIEW_VERSIONS)}")


def _stored(versions: list[Object], stored: list[str] | None) -> Iterator[Cause]:
    if stored is None:
        # On create, the server itself sets storedVersions.
        first = next((version.get("name") for version in versions if version.get("storage")), None)
        stored = [first] if first else []
    if not stored:
        yield messages.invalid("status.storedVersions", None, "must have at least one stored version")
        return
    unseen = set(stored)
    for version in versions:
        name = version.get("name")
        if version.get("storage") and name not in unseen:
            yield messages.invalid("status.storedVersions", stored, f"must have the storage version {name}")
        unseen.discard(name)
    for position, name in enumerate(stored):
        if name in unseen:
            yield messages.invalid(f"status.storedVersions[{position}]", name, _MIGRATE.format(name))
