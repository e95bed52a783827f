"""What a soak is told, and the folder it works in."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

NAMESPACE = "soak"
REPLICAS = 2
WRITERS = 4
STORM_SECONDS = 30.0
# A watch that says nothing more is dropped after 90 seconds of silence; everything else heals sooner.
CALM_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How long, how much, in which order and where."""

    minutes: float
    objects: int
    seed: int
    folder: Path

    @property
    def plugins(self) -> Path:
        """The plugins directory."""
        return self.folder / "plugins"

    @property
    def records(self) -> Path:
        """Where each process's plugins write what they reconciled."""
        return self.folder / "records"

    @property
    def logs(self) -> Path:
        """What the processes said."""
        return self.folder / "logs"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read MINUTES, OBJECTS and SEED, and make the folder."""
        seed = os.environ.get("SEED") or str(secrets.randbelow(1_000_000))
        folder = Path(tempfile.mkdtemp(prefix="soak-"))
        made = cls(float(os.environ.get("MINUTES") or 5), int(os.environ.get("OBJECTS") or 5_000), int(seed), folder)
        for each in (made.plugins, made.records, made.logs):
            each.mkdir()
        return made
