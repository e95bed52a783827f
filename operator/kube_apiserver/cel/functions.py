"""The functions that Kubernetes adds to CEL, except those that need CEL types of their own.

Names and behaviour follow ``k8s.io/apiserver/pkg/cel/library``.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from kube_apiserver.keywords.values import compiled
from kube_apiserver.schema.quantity import canonical_quantity

_MISSING = frozenset({"url", "ip", "cidr", "quantity", "semver", "isSemver", "format", "authorizer"})
# CEL strings already have functions of these names, and the library allows no overload of an existing name.
_MISSING_OF_LISTS = re.compile(r"no matching overload for '(indexOf|lastIndexOf)' applied to '\(list")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)")


def missing(error: str) -> list[str]:
    """Return the kube-apiserver functions named in a checker error that this server lacks."""
    undeclared = set(_UNDECLARED.findall(error)) & _MISSING
    return sorted(undeclared | set(_MISSING_OF_LISTS.findall(error)))


def declared(library: Any) -> list[Any]:
    """Return the declarations of the added functions, with their implementations.

    Args:
        library: the module ``cel_expr_python.cel``.
    """
    kinds = library.Type
    text, boolean, whole, any_list = kinds.STRING, kinds.BOOL, kinds.INT, kinds.List(kinds.DYN)

    def function(name: str, result: Any, *overloads: tuple[Callable[..., Any], Sequence[Any]], member: bool) -> Any:
        made = [
            library.Overload(f"{name.replace('.', '_')}_{number}", result, list(parameters), member, implementation)
            for number, (implementation, parameters) in enumerate(overloads)
        ]
        return library.FunctionDecl(name, made)

    return [
        function("find", text, (_find, (text, text)), member=True),
        function("findAll", kinds.List(text), (_find_all, (text, text)), (_find_all, (text, text, whole)), member=True),
        function("isSorted", boolean, (_is_sorted, (any_list,)), member=True),
        function("sum", kinds.DYN, (sum, (any_list,)), member=True),
        function("min", kinds.DYN, (min, (any_list,)), member=True),
        function("max", kinds.DYN, (max, (any_list,)), member=True),
        function("sets.contains", boolean, (_contains, (any_list, any_list)), member=False),
        function("sets.equivalent", boolean, (_equivalent, (any_list, any_list)), member=False),
        function("sets.intersects", boolean, (_intersects, (any_list, any_list)), member=False),
        function("isURL", boolean, (_is_url, (text,)), member=False),
        function("isIP", boolean, (_is_ip, (text,)), member=False),
        function("isCIDR", boolean, (_is_cidr, (text,)), member=False),
        function("isQuantity", boolean, (_is_quantity, (text,)), member=False),
    ]


def _find(text: str, pattern: str) -> str:
    match = compiled(pattern).search(text)
    return match.group() if match else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    found = [match.group() for match in compiled(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _is_sorted(items: list[Any]) -> bool:
    return all(items[place] <= items[place + 1] for place in range(len(items) - 1))


def _contains(items: list[Any], others: list[Any]) -> bool:
    return all(other in items for other in others)


def _equivalent(items: list[Any], others: list[Any]) -> bool:
    return _contains(items, others) and _contains(others, items)


def _intersects(items: list[Any], others: list[Any]) -> bool:
    return any(other in items for other in others)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*", parts.scheme)) or text.startswith("/")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _is_quantity(text: str) -> bool:
    try:
        canonical_quantity(text)
    except ValueError:
        return False
    return True
