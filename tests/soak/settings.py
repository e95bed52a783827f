"""What a soak is told, and the folder it works in."""

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak.hostile import ALL_HOSTILE, HOSTILE

NAMESPACE = "soak"
REPLICAS = 2
SHARING_REPLICAS = 3
WRITERS = 4
STORM_SECONDS = 30.0
# A watch that says nothing more is dropped after 90 seconds of silence; all else heals sooner if the machine is idle.
CALM_SECONDS = 300.0


class WrongSetting(Exception):
    """A variable has a value that makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long, how much, in which order, on which API server and where.

    Attributes:
        processes: worker processes of each replica; with several, three of the four controllers are sharded.
        is_sharded: whether all replicas work, with ``--shard-replicas``; then there are three.
        server: ``embedded`` or ``real``.
        hostile: which hostile plugins come; ``HOSTILE=all`` adds those that harm the process itself.
        calm_seconds: how long everything may take to be as it should be once trouble is over.
    """

    minutes: float
    objects: int
    seed: int
    server: str
    calm_seconds: float
    folder: Path
    hostile: tuple[str, ...] = HOSTILE
    processes: int = 1
    is_sharded: bool = False

    @property
    def replicas(self) -> int:
        """How many replicas there are at the start."""
        return SHARING_REPLICAS if self.is_sharded else REPLICAS

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
        """Read MINUTES, OBJECTS, SEED, SERVER, HOSTILE, PROCESSES, SHARDED and CALM_SECONDS, and make the folder.

        Raises:
            WrongSetting: one of them is not what it has to be.
        """
        server = os.environ.get("SERVER") or "embedded"
        if server not in {"embedded", "real"}:
            raise WrongSetting(f"SERVER={server}: there are SERVER=embedded (the default) and SERVER=real")
        given: dict[str, Any] = {
            "minutes": _number("MINUTES", 5),
            "objects": int(_number("OBJECTS", 5_000, at_least=20)),
            "seed": int(_number("SEED", secrets.randbelow(1_000_000))),
            "calm_seconds": _number("CALM_SECONDS", CALM_SECONDS),
            "processes": int(_number("PROCESSES", 1, at_least=1)),
            "is_sharded": bool(_number("SHARDED", 0)),
        }
        if given["is_sharded"] and given["processes"] > 1:
            raise WrongSetting("SHARDED=1 and PROCESSES=2: replicas that share objects have one process each")
        hostile = os.environ.get("HOSTILE") or "gate"
        if hostile not in {"gate", "all"}:
            raise WrongSetting(f"HOSTILE={hostile}: there are HOSTILE=gate (the default) and HOSTILE=all")
        given["hostile"] = ALL_HOSTILE if hostile == "all" else HOSTILE
        made = cls(**given, server=server, folder=Path(tempfile.mkdtemp(prefix="soak-")))
        for each in (made.plugins, made.records, made.logs):
            each.mkdir()
        return made


def _number(name: str, default: float, at_least: float = 0) -> float:
    text = os.environ.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        raise WrongSetting(f"{name}={text}: a number is needed, as in {name}={default:g}") from None
    if not at_least <= number < float("inf"):
        raise WrongSetting(f"{name}={text}: at least {at_least:g} is needed")
    return number
