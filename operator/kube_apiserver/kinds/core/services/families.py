"""Validation of the cluster IPs of Services and their IP families.

It follows kube-apiserver's ``ValidateServiceClusterIPsRelatedFields``, which runs before addresses are allocated and
again with all rules.
"""

from collections.abc import Iterator

from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object
from kube_apiserver.validation.addresses import address, address_causes

_FAMILIES = ("IPv4", "IPv6")
_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_ADDRESSES, _POLICY = "spec.clusterIPs", "spec.ipFamilyPolicy"
_MOST = 2


def is_headless(spec: Object) -> bool:
    """Report whether a Service has no cluster IP."""
    return (spec.get("clusterIPs") or [spec.get("clusterIP")])[:1] == ["None"]


def family_causes(spec: Object, stored: Object) -> list[Cause]:
    """Return the field errors of clusterIPs, ipFamilies and ipFamilyPolicy, given the spec and the stored one."""
    if spec.get("type") == "ExternalName":
        return []
    first, texts = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    causes = [*_in_step(first, texts), *_names(spec)]
    wrong = [*_texts(texts, stored.get("clusterIPs") or ())]
    causes += wrong
    if len(texts) > _MOST:
        causes.append(messages.invalid(_ADDRESSES, texts, "may only hold up to 2 values"))
    return causes if wrong else [*causes, *_matches(spec, texts)]


def _in_step(first: str, texts: list[str]) -> Iterator[Cause]:
    if first and not texts:
        yield messages.required(_ADDRESSES)
    elif first and texts[0] != first:
        yield messages.invalid(_ADDRESSES, texts, "first value must match `clusterIP`")
    elif texts and not first:
        yield messages.invalid(_ADDRESSES, texts, "must be empty when `clusterIP` is not specified")


def _names(spec: Object) -> Iterator[Cause]:
    families, policy = spec.get("ipFamilies") or (), spec.get("ipFamilyPolicy")
    for position, family in enumerate(families):
        path = f"spec.ipFamilies[{position}]"
        if family not in _FAMILIES:
            yield messages.not_supported(path, family, _FAMILIES)
        if family in families[:position]:
            yield messages.duplicate(path, family)
    if policy is not None and policy not in _POLICIES:
        yield messages.not_supported(_POLICY, policy, _POLICIES)


def _texts(texts: list[str], known: list[str] | tuple[str, ...]) -> Iterator[Cause]:
    for position, text in enumerate(texts):
        if position == 0 and text == "None":
            if len(texts) > 1:
                yield messages.invalid(_ADDRESSES, texts, "'None' must be the first and only value")
        elif text not in known:
            yield from address_causes(text, f"{_ADDRESSES}[{position}]")


def _matches(spec: Object, texts: list[str]) -> Iterator[Cause]:
    found = [each.version for text in texts if (each := address(text)) is not None]
    if len(texts) > 1 and sorted(found) != [4, 6]:
        yield messages.invalid(_ADDRESSES, texts, "may specify no more than one IP for each IP family")
    if is_headless(spec):
        return
    for position, (family, version) in enumerate(zip(spec.get("ipFamilies") or (), found, strict=False)):
        if family in _FAMILIES and family != f"IPv{version}":
            detail = f"expected an {family} value as indicated by `ipFamilies[{position}]`"
            yield messages.invalid(f"{_ADDRESSES}[{position}]", texts[position], detail)


def _released(spec: Object, stored: Object) -> Iterator[Cause]:
    for name, what in (("clusterIPs", "cluster IP"), ("ipFamilies", "IP family")):
        if spec.get(name) and len(spec[name]) < len(stored.get(name) or ()):
            detail = f"must be 'SingleStack' to release the secondary {what}"
            yield messages.invalid(_POLICY, spec.get("ipFamilyPolicy"), detail)


def configured_causes(spec: Object, stored: Object | None) -> list[Cause]:
    """Return the field errors of families and a policy that this server, which has IPv4 only, cannot serve."""
    texts, families, policy = spec.get("clusterIPs") or [], spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    causes = [] if stored is None or policy == "SingleStack" else [*_released(spec, stored)]
    if policy == "SingleStack":
        for items, what in ((texts, "cluster IPs"), (families, "IP families")):
            if len(items) == _MOST:
                detail = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                causes.append(messages.invalid(_POLICY, policy, detail))
    for position, text in enumerate(texts[len(families) :], len(families)):
        if (found := address(text)) is not None and found.version != 4:
            path = f"{_ADDRESSES}[{position}]"
            causes.append(messages.invalid(path, texts, f"IPv{found.version} is not configured on this cluster"))
    if causes or (spec.get("clusterIP") == "None" and not spec.get("selector")):
        return causes
    if policy == "RequireDualStack":
        detail = "this cluster is not configured for dual-stack services"
        causes.append(messages.invalid(_POLICY, policy, detail))
    unserved = [position for position, family in enumerate(families) if family != "IPv4"]
    detail = "not configured on this cluster"
    return causes + [messages.invalid(f"spec.ipFamilies[{each}]", families[each], detail) for each in unserved]
