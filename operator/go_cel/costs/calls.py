"""What a call costs at most, by kube-apiserver's estimator first and cel-go's rules after it."""

import math
from collections.abc import Callable, Sequence

from go_cel.costs.lists import LISTS
from go_cel.costs.parts import Estimate, Part, Rule
from go_cel.costs.ranges import MOST, ONE, PATTERN, TRAVERSAL, Range, fixed
from go_cel.syntax import tree

_WRAPPED = MOST + 1


def call_estimate(function: str, overload: str, target: Part | None, args: Sequence[Part]) -> Estimate:
    """Return cost and size of the result of a call, without its arguments."""
    for table, name in ((LISTS, overload), (_CIDRS, overload), (_KUBERNETES, function), (_OVERLOADS, overload)):
        rule = table.get(name)
        found = rule(target, args) if rule is not None else None
        if found is not None:
            return found
    return ONE, None


def _first_argument(factor: float = 1, *, has_result: bool = False) -> Rule:
    def run(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
        if not args:
            return None
        size = args[0].declared_size
        return size.scaled(factor * TRAVERSAL), size if has_result else None

    return run


def _of_target(target: Part | None, _args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    size = target.declared_size
    return size.scaled(TRAVERSAL), size


def _through_list(target: Part | None, _args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    item, each = target.item, ONE
    if item is None:
        return target.declared_size.scaled(TRAVERSAL), None
    if item.type.kind in ("string", "bytes"):
        each = each.plus(item.declared_size.scaled(TRAVERSAL))
    return target.declared_size.times(each), None


def _replace(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None or len(args) < 2:
        return None
    size, old, new = target.declared_size, args[0].declared_size, args[1].declared_size
    if old.low == 0:
        most, kept_most = min(size.high + 1, MOST), size.high
    elif new.high <= old.low:
        most, kept_most = 0, size.high
    else:
        most, kept_most = math.ceil(float(size.high) / float(old.low)), 0
    if old.high == 0:
        least, kept_least = min(size.low + 1, MOST), size.low
    elif old.high <= new.low:
        least, kept_least = 0, size.low
    else:
        least, kept_least = math.ceil(float(size.low) / float(old.high)), 0
    result = Range(least, min(most, MOST)).times(new).plus(Range(kept_least, kept_most))
    return size.scaled(2 * TRAVERSAL), result


def _split(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    size = target.declared_size
    most = size.high
    if len(args) > 1:
        limit = args[1].node
        if isinstance(limit, tree.Literal) and type(limit.value) is int:
            most = limit.value % _WRAPPED
    return size.scaled(2 * TRAVERSAL), Range(0, most)


def _join(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    count, item = target.declared_size, target.item
    size = count.times(item.declared_size) if item is not None else fixed(0)
    if args:
        between = Range(max(count.low - 1, 0), max(count.high - 1, 0))
        size = size.plus(args[0].declared_size.times(between))
    return size.scaled(TRAVERSAL), size


def _find(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None or not args:
        return None
    size = target.declared_size
    cost = size.plus(ONE).scaled(TRAVERSAL).times(args[0].declared_size.scaled(PATTERN))
    return cost, Range(0, size.high)


def _inside(overload: str, *, is_network: bool) -> Rule:
    address = Range(4, 16)

    def run(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
        if not args:
            return None
        cost = address.plus(address).scaled(TRAVERSAL)
        if is_network:
            cost = cost.plus(address.scaled(TRAVERSAL)).plus(ONE)
        if overload.endswith("string"):
            cost = cost.plus(args[0].declared_size.scaled(TRAVERSAL))
        return cost, None

    return run


def _validate(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if not args:
        return None
    return args[0].declared_size.scaled(TRAVERSAL).scaled(128 * PATTERN), None


def _nominal(_target: Part | None, _args: Sequence[Part]) -> Estimate | None:
    return ONE, None


def _equality(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    left, right = args
    if left.type != right.type:
        return None
    if left.type.kind == "opaque" and left.type.name in ("net.IP", "net.CIDR"):
        return ONE, None
    match left.type.name:
        case "kubernetes.Quantity" | "kubernetes.Semver":
            return ONE, None
        case "kubernetes.NamedFormat":
            return Range(1, 64).scaled(TRAVERSAL), None
        case "kubernetes.URL":
            size = right.size if right.size is not None else ONE
            return Range(1, size.high).scaled(TRAVERSAL), None
    return None


def _compared(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    smallest = min(args[0].known_size.high, args[1].known_size.high)
    return Range(1 if smallest > 0 else 0, smallest).scaled(TRAVERSAL), None


def _traversed(of: Callable[[Range], Range | None], *, is_target: bool = False) -> Rule:
    def run(target: Part | None, args: Sequence[Part]) -> Estimate | None:
        part = target if is_target else args[0] if len(args) == 1 else None
        if part is None:
            return None
        size = part.known_size
        return size.scaled(TRAVERSAL), of(size)

    return run


def _in_list(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    return args[1].known_size.scaled(1), None


def _matches(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    text, pattern = (target, args[0]) if target is not None else args
    cost = text.known_size.plus(ONE).scaled(TRAVERSAL)
    return cost.times(pattern.known_size.scaled(PATTERN)), None


def _contains(target: Part | None, args: Sequence[Part]) -> Estimate | None:
    if target is None:
        return None
    return target.known_size.scaled(TRAVERSAL).times(args[0].known_size.scaled(TRAVERSAL)), None


def _add(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    size = args[0].known_size.plus(args[1].known_size)
    return size.scaled(TRAVERSAL), size


def _add_lists(_target: Part | None, args: Sequence[Part]) -> Estimate | None:
    return ONE, args[0].known_size.plus(args[1].known_size)


_CIDRS: dict[str, Rule] = {
    "cidr_ip": _nominal,
    "cidr_contains_ip_string": _inside("cidr_contains_ip_string", is_network=False),
    "cidr_contains_ip_ip": _inside("cidr_contains_ip_ip", is_network=False),
    "cidr_contains_cidr_string": _inside("cidr_contains_cidr_string", is_network=True),
    "cidr_contains_cidr": _inside("cidr_contains_cidr", is_network=True),
}
_KUBERNETES: dict[str, Rule] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _through_list),
    **dict.fromkeys(("url", "jsonpatch.escapeKey"), _first_argument(has_result=True)),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _of_target),
    "replace": _replace,
    "split": _split,
    "join": _join,
    "find": _find,
    "findAll": _find,
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "ip"), _first_argument()),
    "ip.isCanonical": _first_argument(2),
    **dict.fromkeys(("quantity", "isQuantity", "semver", "isSemver"), _first_argument()),
    "validate": _validate,
    "_==_": _equality,
}
_COMPARED = ("less", "greater", "less_equals", "greater_equals")
_OVERLOADS: dict[str, Rule] = {
    "string_format": _traversed(lambda _size: None, is_target=True),
    "string_to_bytes": _traversed(lambda size: Range(size.low, size.high * 4 % _WRAPPED)),
    "bytes_to_string": _traversed(lambda size: Range(size.low // 4, size.high)),
    "strings_quote": _traversed(lambda size: Range(size.low + 2, (size.high * 2 + 2) % _WRAPPED)),
    "starts_with_string": _traversed(lambda _size: None),
    "ends_with_string": _traversed(lambda _size: None),
    "in_list": _in_list,
    "matches": _matches,
    "matches_string": _matches,
    "contains_string": _contains,
    "add_string": _add,
    "add_bytes": _add,
    "add_list": _add_lists,
    **{f"{how}_{kind}": _compared for how in _COMPARED for kind in ("string", "bytes")},
    "equals": _compared,
    "not_equals": _compared,
}
