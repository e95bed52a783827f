"""Kinds by the names that kubectl takes for them, as the API server has them."""

import difflib

from plugin_operator.cli.leftovers.marked_objects import listed
from plugin_operator.cli.scaffold.kinds import kind_of
from plugin_operator.client import RESTMapper
from plugin_operator.errors import UsageError
from plugin_operator.kube import GroupVersionKind, Resource


async def served_kind(mapper: RESTMapper, word: str) -> GroupVersionKind:
    """Return the kind that the server knows by a name: kind, plural, singular or short name, also with its group.

    Args:
        mapper: knows what the server has.
        word: the name, in upper or lower case.

    Raises:
        UsageError: the name means no kind, or those of several groups.
        ApiConnectionError: the server cannot be reached.
    """
    resources = [*listed(await mapper.resources())]
    if not resources:
        return kind_of(word)  # the user may lack discovery
    found = [each.gvk for each in resources if word.lower() in _names(each)]
    if len(found) > 1:
        raise UsageError(f"--for: {word!r} is the kind of several groups: write {' or '.join(map(str, found))}")
    if not found:
        known = {name: each.gvk for each in reversed(resources) for name in (each.plural, each.gvk.kind.lower())}
        near = difflib.get_close_matches(word.lower(), known, 1)
        hint = f"did you mean {str(known[near[0]])!r}?" if near else "kubectl api-resources lists the names"
        raise UsageError(f"--for: the API server serves no kind called {word!r}: {hint}")
    return found[0]


def _names(resource: Resource) -> set[str]:
    names = {resource.gvk.kind.lower(), resource.plural, resource.singular, *resource.short_names} - {""}
    return names | {f"{name}.{resource.gvk.group}" for name in names if resource.gvk.group}
