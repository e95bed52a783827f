"""Calls of plugins that no rule of theirs allows.

Owns the answer that the plugin gets, which is that of a cluster, and the message that a test fails with. Leaves rules
to ``hosting.permissions``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from plugin_operator.errors import ApiError, api_error
from plugin_operator.hosting.permissions.calls import Call
from plugin_operator.hosting.permissions.needs import Need, granting, reaches

_USER = "system:serviceaccount:plugin-operator-system:plugin-operator"
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class UnallowedCall:
    """One call that no rule allows.

    Attributes:
        call: the call.
        place: file of the plugin, with the line of the call if it is known.
        namespaces: namespaces in which a rule allows it.
    """

    call: Call
    place: str
    namespaces: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" in {self.call.namespace}" if self.call.namespace else ""
        name = f' "{self.call.name}"' if self.call.name else ""
        what = f"{self.place}: {self.call.verb} {dotted(self.call)}{name}"
        if self.namespaces:
            return (
                f"{what}{where or ' in all namespaces'} is allowed in "
                f"{', '.join(self.namespaces)} only. Add the namespace to namespaces= of its controller"
            )
        return (
            f"{what}{where} is allowed by no rule of the plugin. "
            f"Add permissions=[{permission_text(self.call)}] to its controller"
        )


class UnallowedCalls:
    """The calls of the plugins of one test that no rule allows."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], UnallowedCall] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def denial(self, call: Call, needs: Iterable[Need], place: Callable[[], str]) -> ApiError | None:
        """Return the error of a cluster for a call of a plugin with ``needs``, and record it; None if it is allowed.

        Calls that differ in names only count once.
        """
        found = granting(needs, call)
        if any(reaches(need, call) for need in found):
            return None
        namespaces = tuple(sorted({each for need in found for each in need.namespaces or ()}))
        unallowed = UnallowedCall(call, place(), namespaces)
        self._found.setdefault((unallowed.place, call.verb, call.api_group, call.full_resource), unallowed)
        return denial_of(call)

    def clear(self) -> None:
        """Forget all calls."""
        self._found.clear()

    @property
    def message(self) -> str:
        """Why the test fails, with one line a call; empty if every call is allowed."""
        if not self._found:
            return ""
        lines = [str(each) for each in self._found.values()]
        more = [f"… and {len(lines) - _MAX_NAMED} more"] if len(lines) > _MAX_NAMED else []
        return "\n".join(
            ["plugins called the API server without a permission, which a cluster denies:", *lines[:_MAX_NAMED], *more]
        )


def denial_of(call: Call) -> ApiError:
    """Return the 403 of kube-apiserver for a call."""
    where = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
    name = f' "{call.name}"' if call.name else ""
    return api_error(
        403,
        "Forbidden",
        f'{dotted(call, subresource=False)}{name} is forbidden: User "{_USER}" cannot {call.verb} resource '
        f'"{call.full_resource}" in API group "{call.api_group}" {where}',
    )


def permission_text(call: Call) -> str:
    """Return the declaration that allows a call."""
    group = f', api_groups="{call.api_group}"' if call.api_group else ""
    return f'permission("{call.full_resource}", "{call.verb}"{group})'


def dotted(call: Call, *, subresource: bool = True) -> str:
    """Return the resource of a call with its group: ``deployments/scale.apps``."""
    resource = call.full_resource if subresource else call.resource
    return f"{resource}.{call.api_group}" if call.api_group else resource
