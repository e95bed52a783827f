"""What feeds the peers: the interface of a server, which the load server and a real kube-apiserver have."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Sent:
    """Events that were sent; times are CLOCK_MONOTONIC.

    Attributes:
        started: before the first one.
        times: of each, where they were paced.
    """

    started: float
    times: Sequence[float] = ()


class Server(Protocol):
    """Holds the objects of a scenario and changes them."""

    def write_kubeconfig(self, path: Path, *, tls: bool) -> Path:
        """Write a kubeconfig that leads a peer here."""

    def reset(self, scenario: Scenario, *, metadata: bool) -> None:
        """Hold the scenario's objects, and forget what was asked before; ``metadata`` is all that the peer asks for."""

    def first_request_at(self) -> float:
        """Return when the objects were first asked for."""

    def holds_watches(self, wanted: int) -> bool:
        """Return whether so many watches were opened, and each of them once."""

    def writes(self) -> int:
        """Return how many writes there were; 0 where the server does not count them."""

    def prepare(self, events: int, peer: int) -> None:
        """Make so many changes ready to be sent to the process ``peer``."""

    def fire(self, rate: int, peer: int) -> Sent:
        """Send what is prepared to the process ``peer``: at once, or ``rate`` a second."""
