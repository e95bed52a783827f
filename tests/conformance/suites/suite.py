"""A suite of another project, the list of its specs that must pass, and the comparison with it.

A list holds the specs that pass on kube-apiserver without a kubelet. It is recorded there, see ``__main__``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import FAILED, PASSED, Outcome, Outcomes

LISTS = Path(__file__).parent / "lists"
_ABSENT = Outcome(FAILED, "the runner does not report it")


class Runner(Protocol):
    """Runs the specs of a suite against a server."""

    def __call__(self, target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
        """Run the ``chosen`` specs, or more; all if none are chosen. ``folder`` is for reports and scratch files."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite by its name.

    Attributes:
        run: runs it.
        differs: specs that this server does not pass, and why.
        by_hand: whether it runs only where it is named.
    """

    name: str
    run: Runner
    differs: Mapping[str, str] = field(default_factory=dict)
    by_hand: bool = False

    @property
    def path(self) -> Path:
        """Where its list is."""
        return LISTS / f"{self.name}.txt"

    def listed(self) -> list[str]:
        """Return the specs that pass on kube-apiserver."""
        return self.path.read_text().splitlines()

    def record(self, outcomes: Outcomes) -> None:
        """Write the list: the specs that passed."""
        self.path.write_text("".join(f"{name}\n" for name in sorted(passed_in(outcomes))))


def passed_in(outcomes: Outcomes) -> set[str]:
    """Return the names of the specs that passed."""
    return {name for name, outcome in outcomes.items() if outcome.state == PASSED}


def faults(suite: Suite, outcomes: Outcomes) -> list[str]:
    """Return what contradicts the list: specs that do not pass, and differences that no longer show."""
    found = [
        f"{name}: {outcome.state}\n{outcome.message}"
        for name in suite.listed()
        if name not in suite.differs and (outcome := outcomes.get(name, _ABSENT)).state != PASSED
    ]
    stale = passed_in(outcomes) & suite.differs.keys()
    return found + [f"{name}: passes, so it no longer belongs to the differences" for name in sorted(stale)]
