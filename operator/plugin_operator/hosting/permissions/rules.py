"""RBAC rules as values: which calls a rule allows, and the least rules for a set of permissions.

The semantics are those of kube-apiserver's RBAC authorizer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.kube import resource_problem
from plugin_operator.plugin import Permission

_ALL = "*"
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def covers(rule: Permission, call: Call) -> bool:
    """Report whether a rule allows a call; the namespace of the call is not part of a rule."""
    if not _has(rule.verbs, call.verb) or not _has(rule.api_groups, call.api_group):
        return False
    if not _has_resource(rule.resources, call.full_resource):
        return False
    return not rule.resource_names or call.name in rule.resource_names


def allows(rules: Iterable[Permission], call: Call) -> bool:
    """Report whether one of the rules allows a call."""
    return any(covers(rule, call) for rule in rules)


def rule_for(call: Call) -> Permission:
    """Return the least rule that allows a call; a name restricts it to that object."""
    names = (call.name,) if call.name else ()
    return Permission((call.api_group,), (call.full_resource,), (call.verb,), names)


def parts_of(rule: Permission) -> Iterator[Permission]:
    """Yield a rule as rules of one API group, one resource, one verb, and at most one name each.

    A combination of group and resource that cannot exist is left out, if another combination can.
    """
    pairs = [(group, resource) for group in rule.api_groups for resource in rule.resources]
    existing = [(group, resource) for group, resource in pairs if not resource_problem(group, resource)]
    for group, resource in existing or pairs:
        for verb in rule.verbs:
            for name in rule.resource_names or ("",):
                yield Permission((group,), (resource,), (verb,), (name,) if name else ())


def contains(rule: Permission, part: Permission) -> bool:
    """Report whether ``rule`` allows all that ``part`` allows, which is a rule of ``parts_of``."""
    if not _has(rule.verbs, part.verbs[0]) or not _has(rule.api_groups, part.api_groups[0]):
        return False
    if not _has_resource(rule.resources, part.resources[0]):
        return False
    return not rule.resource_names or set(part.resource_names) & set(rule.resource_names) != set()


def least(rules: Iterable[Permission]) -> tuple[Permission, ...]:
    """Return the least rules that allow the same calls.

    There is one rule for each API group, resource and set of names, with its verbs united. What a wider rule allows is
    left out. The order is stable: by group, resource and names; verbs as kubectl shows them.
    """
    parts = dict.fromkeys(part for rule in rules for part in parts_of(rule))
    wide = [part for part in parts if not part.resource_names or _ALL in _words(part)]
    needed = [part for part in parts if not any(other != part and contains(other, part) for other in wide)]
    names: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for part in needed:
        names[part.api_groups[0], part.resources[0], part.verbs[0]] |= set(part.resource_names)
    verbs: defaultdict[tuple[str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for (group, resource, verb), found in names.items():
        verbs[group, resource, tuple(sorted(found))].add(verb)
    return tuple(
        Permission((group,), (resource,), tuple(sorted(found, key=_verb_order)), of)
        for (group, resource, of), found in sorted(verbs.items())
    )


def _words(part: Permission) -> tuple[str, ...]:
    return (*part.api_groups, *part.resources, *part.verbs)


def _verb_order(verb: str) -> tuple[int, str]:
    return (_VERBS.index(verb) if verb in _VERBS else len(_VERBS), verb)


def _has(values: tuple[str, ...], wanted: str) -> bool:
    return _ALL in values or wanted in values


def _has_resource(resources: tuple[str, ...], wanted: str) -> bool:
    _, slash, below = wanted.partition("/")
    return _has(resources, wanted) or (slash != "" and f"*/{below}" in resources)
