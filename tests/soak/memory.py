"""How much memory each process has, calm after calm, held to what the same process had before."""

from collections import defaultdict

_GROWTH = 1.5
_GROWTH_MIB = 32.0
_WARM_UP = 2


class Memory:
    """Weighings in MiB by process; a process that was started again is another one."""

    def __init__(self) -> None:
        self._weighings: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._order: dict[str, list[float]] = defaultdict(list)

    def weigh(self, role: str, process: str, mib: float) -> None:
        """Add what a process has now, as a leader, standby or server."""
        self._weighings[role, process].append(mib)
        self._order[role].append(mib)

    def grown(self, *roles: str) -> list[str]:
        """Tell which processes have grown by more than half since they were warm."""
        return [
            f"the {role} {process} grew from {max(found[:_WARM_UP]):.0f} to {found[-1]:.0f} MiB"
            for (role, process), found in self._weighings.items()
            if role in roles and found[-1] > max(found[:_WARM_UP]) * _GROWTH + _GROWTH_MIB
        ]

    def told(self, role: str) -> str:
        """Return the first and last weighing of a role, and those of the process that was weighed most often."""
        every = self._order.get(role)
        if not every:
            return "never weighed"
        _, longest = max(
            ((process, found) for (of, process), found in self._weighings.items() if of == role),
            key=lambda each: len(each[1]),
        )
        return (
            f"{every[0]:.0f} MiB at the start, {every[-1]:.0f} MiB at the end; the process with most calms"
            f" {longest[0]:.0f} to {longest[-1]:.0f} MiB over {len(longest)}"
        )
