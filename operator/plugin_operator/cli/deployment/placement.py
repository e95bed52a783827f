"""Where the operator runs, which namespaces it watches, and which components that takes."""

from collections.abc import Iterable

import msgspec

from plugin_operator.cli.deployment.permissions import PlacedRole
from plugin_operator.errors import UsageError

_NAMESPACED = "namespaced"


class Placement(msgspec.Struct, frozen=True):
    """The operator's place.

    Attributes:
        namespace: namespace of the operator.
        watched: namespaces that it watches; empty for all.
        components: components, with those that the namespaces take.
    """

    namespace: str
    watched: tuple[str, ...]
    components: tuple[str, ...]

    def check(self, roles: Iterable[PlacedRole]) -> None:
        """Check that plugins need nothing outside of the namespace, if there is nothing outside.

        Raises:
            UsageError: a plugin needs something that ``--with=namespaced`` does not grant.
        """
        for role in roles if _NAMESPACED in self.components else ():
            if role.namespace != self.namespace:
                where = f"namespace {role.namespace}" if role.namespace else "the whole cluster"
                raise UsageError(
                    f"plugin {role.plugin} needs permissions in {where}: {'; '.join(role.reasons)}. "
                    "Leave out --with=namespaced, or that plugin"
                )


def placement_of(namespace: str, watched: tuple[str, ...], components: tuple[str, ...]) -> Placement:
    """Return the placement for the values of the flags.

    Raises:
        UsageError: flags contradict each other, or the namespace cannot be the operator's.
    """
    if _NAMESPACED in components:
        if watched and watched != (namespace,):
            raise UsageError("--with=namespaced watches the operator's own namespace: leave out --watch-namespace")
        _check_cluster_roles(components, "--with=namespaced")
        return Placement(namespace, (namespace,), components)
    if namespace == "default" or namespace.startswith("kube-"):
        raise UsageError(
            f"--namespace {namespace} belongs to Kubernetes, and the operator's namespace gets labels: "
            "name another, or add --with=namespaced"
        )
    if watched:
        _check_cluster_roles(components, "--watch-namespace")
    return Placement(namespace, watched, (*components, *(["roles"] if watched else [])))


def _check_cluster_roles(components: tuple[str, ...], flag: str) -> None:
    for each in ("apply-crds", "secure-metrics"):
        if each in components:
            raise UsageError(f"--with={each} needs a ClusterRole: leave out {flag}")
