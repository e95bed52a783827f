"""Validation of how a Pod resolves names: ``dnsConfig`` and ``hostAliases``."""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.schema import Cause, is_dns1123_subdomain, is_underscored_subdomain, messages
from kube_apiserver.validation.addresses import address_causes
from kube_apiserver.validation.forms.members import problem_causes

Object = Mapping[str, Any]
_MOST_SERVERS, _MOST_SEARCHES, _LONGEST_SEARCHES = 3, 32, 2048


def dns_causes(spec: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``dnsConfig``, which the policy ``None`` asks for."""
    config, where = spec.get("dnsConfig"), f"{path}.dnsConfig"
    servers, searches = ((config or {}).get(name) or [] for name in ("nameservers", "searches"))
    if spec.get("dnsPolicy") == "None" and not servers:
        if config is None:
            yield messages.required(where, "must provide `dnsConfig` when `dnsPolicy` is None")
        else:
            detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield messages.required(f"{where}.nameservers", detail)
        return
    if len(servers) > _MOST_SERVERS:
        yield messages.invalid(f"{where}.nameservers", servers, f"must not have more than {_MOST_SERVERS} nameservers")
    for position, server in enumerate(servers):
        yield from address_causes(server, f"{where}.nameservers[{position}]")
    yield from _searches(searches, f"{where}.searches")
    for position, option in enumerate((config or {}).get("options") or ()):
        if not option.get("name"):
            yield messages.required(f"{where}.options[{position}]", "must not be empty")


def _searches(searches: list[str], path: str) -> Iterator[Cause]:
    if len(searches) > _MOST_SEARCHES:
        yield messages.invalid(path, searches, f"must not have more than {_MOST_SEARCHES} search paths")
    if len(" ".join(searches).encode()) > _LONGEST_SEARCHES:
        detail = f"must not have more than {_LONGEST_SEARCHES} characters (including spaces) in the search list"
        yield messages.invalid(path, searches, detail)
    for position, search in enumerate(searches):
        if search != ".":
            name = search.removesuffix(".")
            yield from problem_causes(f"{path}[{position}]", name, is_underscored_subdomain(name))


def alias_causes(aliases: Any, path: str) -> Iterator[Cause]:
    """Yield the field errors of ``hostAliases``."""
    for position, alias in enumerate(aliases):
        where = f"{path}[{position}]"
        yield from address_causes(alias.get("ip") or "", f"{where}.ip")
        for place, name in enumerate(alias.get("hostnames") or ()):
            yield from problem_causes(f"{where}.hostnames[{place}]", name, is_dns1123_subdomain(name))
