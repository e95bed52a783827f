"""Validation of CustomResourceDefinitions. The schema inside one is judged in ``structural``."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.apiserver.schema import messages, names
from plugin_operator.apiserver.schema.cel import unjudged
from plugin_operator.apiserver.schema.custom import from_crd
from plugin_operator.apiserver.schema.model import Cause
from plugin_operator.apiserver.schema.structural import structural_causes

Object = Mapping[str, Any]


def definition_causes(obj: Object) -> list[Cause]:
    """Return what is wrong with a CustomResourceDefinition, in the real server's order."""
    spec = obj.get("spec") or {}
    name = (obj.get("metadata") or {}).get("name", "")
    kinds, group = spec.get("names") or {}, spec.get("group") or ""
    causes = []
    if name != f"{kinds.get('plural') or ''}.{group}":
        causes.append(messages.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    causes += _group(group) + _scope(spec.get("scope") or "")
    versions = spec.get("versions") or []
    causes += _schemas(versions)
    if sum(bool(version.get("storage")) for version in versions) != 1:
        detail = "must have exactly one version marked as storage version"
        causes.append(messages.invalid("spec.versions", _in_go(versions) or None, detail))
    causes += _names(kinds)
    stored = (obj.get("status") or {}).get("storedVersions") or any(version.get("storage") for version in versions)
    if not stored:
        causes.append(messages.invalid("status.storedVersions", None, "must have at least one stored version"))
    return causes


def definition_warnings(obj: Object) -> list[str]:
    """Return what a valid definition asks for that will not be done, for its author must not rely on it."""
    warnings = []
    if ((obj.get("spec") or {}).get("conversion") or {}).get("strategy") == "Webhook":
        text = "this server calls no webhook: objects are served in each version as they are stored"
        warnings.append(f"spec.conversion: {text}")
    for version in (obj.get("spec") or {}).get("versions") or []:
        where = f"spec.versions[name={version.get('name', '')}]"
        schema = from_crd((version.get("schema") or {}).get("openAPIV3Schema"))
        warnings += [f"{where}: this server keeps and does not judge the rule {rule}" for rule in unjudged(schema)]
    return warnings


def _in_go(versions: list[Any]) -> list[dict[str, Any]]:
    """Return versions as Go prints its internal form, in which a single version's schema stands elsewhere."""
    return [
        {
            "Name": version.get("name", ""),
            "Served": bool(version.get("served")),
            "Storage": bool(version.get("storage")),
            "Deprecated": bool(version.get("deprecated")),
            "DeprecationWarning": version.get("deprecationWarning"),
            "Schema": None,
            "Subresources": None,
            "AdditionalPrinterColumns": None,
            "SelectableFields": None,
        }
        for version in versions
    ]


def _group(group: str) -> list[Cause]:
    if not group:
        return [messages.required("spec.group")]
    causes = [messages.invalid("spec.group", group, problem) for problem in names.is_dns1123_subdomain(group)]
    if "." not in group:
        causes.append(messages.invalid("spec.group", group, "should be a domain with at least one dot"))
    return causes


def _scope(scope: str) -> list[Cause]:
    if not scope:
        return [messages.required("spec.scope")]
    allowed = ("Cluster", "Namespaced")
    return [] if scope in allowed else [messages.not_supported("spec.scope", scope, allowed)]


def _schemas(versions: list[Any]) -> list[Cause]:
    causes = []
    many = len(versions) > 1
    for position, version in enumerate(versions):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            causes.append(messages.required(f"spec.versions[{position}].schema.openAPIV3Schema"))
            continue
        # With one version the server reports the place where v1beta1 kept the schema.
        where = f"spec.versions[{position}].schema.openAPIV3Schema" if many else "spec.validation.openAPIV3Schema"
        causes += structural_causes(schema, where)
    return causes


def _names(kinds: Object) -> list[Cause]:
    causes = []
    for field in ("plural", "singular", "kind", "listKind"):
        value = str(kinds.get(field) or "")
        where = f"spec.names.{field}"
        # Kinds are checked in lower case: only their letters matter, not the capital.
        checked = value.lower() if field.endswith("ind") else value
        if not value:
            causes.append(messages.required(where))
        else:
            causes += [messages.invalid(where, value, problem) for problem in names.is_dns1035_label(checked)]
    if kinds.get("kind") and kinds.get("kind") == kinds.get("listKind"):
        detail = "kind and listKind may not be the same"
        causes.append(messages.invalid("spec.names.listKind", kinds["listKind"], detail))
    return causes
