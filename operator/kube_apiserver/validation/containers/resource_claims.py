"""Validation of the resource claims of Pods, and of what containers name of them."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.validation.forms.members import problem_causes

Object = Mapping[str, Any]
_MIRROR = "kubernetes.io/config.mirror"
_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")


def resource_claim_causes(claims: Iterable[Object], metadata: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``resourceClaims`` of a Pod."""
    seen: set[str] = set()
    is_static = _MIRROR in (metadata.get("annotations") or ())
    for position, claim in enumerate(claims):
        if is_static:
            yield messages.forbidden("", "static pods do not support resource claims")
            continue
        where, name = f"{path}[{position}]", claim.get("name") or ""
        if not name:
            yield messages.required(f"{where}.name")
        elif name in seen:
            yield messages.duplicate(f"{where}.name", name)
        else:
            yield from problem_causes(f"{where}.name", name, is_dns1123_label(name))
        seen.add(name)
        yield from _sources(claim, where)


def _sources(claim: Object, path: str) -> Iterator[Cause]:
    present = [name for name in _SOURCES if claim.get(name) is not None]
    shown = {"Name": claim.get("name") or ""}
    shown |= {f"{name[0].upper()}{name[1:]}": claim.get(name) for name in _SOURCES}
    if len(present) > 1:
        detail = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
        yield messages.invalid(path, shown, detail)
    if not present:
        detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
        yield messages.invalid(path, shown, detail)
    for name in present:
        yield from problem_causes(f"{path}.{name}", claim[name], is_dns1123_subdomain(claim[name]))


def claim_names(spec: Object) -> frozenset[str]:
    """Return the names that the claims of a Pod have."""
    return frozenset(name for claim in spec.get("resourceClaims") or () if (name := claim.get("name")))


def named_claim_causes(claims: Iterable[Object], declared: AbstractSet[str], path: str) -> Iterator[Cause]:
    """Yield the field errors of ``resources.claims`` of a container, whose Pod has the ``declared`` claims."""
    seen: set[str] = set()
    for position, claim in enumerate(claims):
        where, name, request = f"{path}[{position}]", claim.get("name") or "", claim.get("request") or ""
        if not name:
            yield messages.required(where)
            continue
        key = f"{name}/{request}" if request else name
        if name in seen:
            yield messages.duplicate(where, name)
        else:
            if request:
                yield from problem_causes(f"{where}.request", request, is_dns1123_label(request))
            if key in seen:
                yield messages.duplicate(where, key)
            elif not request:
                yield from (messages.duplicate(where, name) for each in seen if each.startswith(f"{name}/"))
            seen.add(key)
        if name not in declared:
            known = f": {', '.join(sorted(declared))}" if declared else " which is empty"
            yield messages.not_found(where, name, f"must be one of the names in pod.spec.resourceClaims{known}")
