"""How many replicas and worker processes the Deployment has, and which components and resources that takes.

The component ``processes`` starts as many workers as CPUs are requested, so the resources are all that its number
changes.
"""

from typing import Any

import msgspec

from plugin_operator.errors import UsageError

PROCESSES = "processes"
SHARD_REPLICAS = "shard-replicas"
#: Workers of the component ``processes``.
_SHIPPED_PROCESSES = 2
#: For each worker and once for the supervisor. One process has the same from the base.
_REQUESTED_MIB, _ALLOWED_MIB = 64, 256


class Scale(msgspec.Struct, frozen=True):
    """Replicas, and worker processes in each.

    Attributes:
        replicas: number of replicas; one has no leader election.
        processes: number of worker processes; one leaves it to the components.
    """

    replicas: int
    processes: int = 1

    @property
    def components(self) -> tuple[str, ...]:
        """The components that these numbers take."""
        one = "single" if self.replicas == 1 else "pod-disruption-budget"
        return (one, PROCESSES) if self.processes > 1 else (one,)

    def check(self, components: tuple[str, ...]) -> None:
        """Check that chosen components go with these numbers.

        Raises:
            UsageError: they do not.
        """
        several = PROCESSES in (*components, *self.components)
        if SHARD_REPLICAS in components and several:
            flag = "--processes" if self.processes > 1 else "--with=processes"
            raise UsageError(
                f"--with=shard-replicas and {flag} cannot be combined: workers of one pod share objects, or replicas "
                f"do. Leave out {flag} and set --replicas"
            )
        if SHARD_REPLICAS in components and self.replicas == 1:
            raise UsageError(
                "--with=shard-replicas needs leader election, which one replica does not have: leave out --replicas=1"
            )

    def operations(self) -> list[dict[str, Any]]:
        """Return the patch of the Deployment for another number of workers than that of the component."""
        if self.processes in (1, _SHIPPED_PROCESSES):
            return []
        each = self.processes + 1
        resources = {
            "requests": {"cpu": str(self.processes), "memory": f"{each * _REQUESTED_MIB}Mi"},
            "limits": {"memory": f"{each * _ALLOWED_MIB}Mi"},
        }
        return [{"op": "replace", "path": "/spec/template/spec/containers/0/resources", "value": resources}]
