"""``make soak MINUTES=5 SEED=1 OBJECTS=5000 PROCESSES=2``: random trouble, and nothing may be lost or doubled."""

import asyncio
import shutil
import signal
import sys
import time
import traceback

from tests.soak.judge import Violation
from tests.soak.memory import Memory
from tests.soak.settings import Settings, WrongSetting
from tests.soak.soak import Soak


def _count(soak: Soak, kind: str) -> str:
    found = {name: count for (of, name), count in sorted(soak.done.items()) if of == kind}
    return f"{sum(found.values())}" + "".join(f", {name} {count}" for name, count in found.items())


def _report(soak: Soak, seconds: float) -> None:
    judge = getattr(soak, "judge", None)
    memory = judge.memory if judge else Memory()
    rows = {
        "server": soak.cluster.server.name,
        "seed": str(soak.settings.seed),
        "processes of a replica": str(soak.settings.processes),
        "replicas share objects": "yes" if soak.settings.is_sharded else "no",
        "seconds": f"{seconds:.0f}",
        "longest calm": f"{judge.longest_calm_seconds:.0f} s" if judge else "-",
        "events": f"{judge.writers.count}, {judge.writers.refused} refused" if judge else "0",
        "reconciles": f"{soak.records.count}, {soak.records.failed} failed",
        **{f"{kind}s": _count(soak, kind) for kind in ("storm", "fault", "compaction", "edit", "kill", "hand")},
        "requests with a fault": str(soak.met),
        "reloads": str(soak.logs.reloads),
        **{f"memory of the {role}": memory.told(role) for role in ("leader", "standby", "worker", "API server")},
        "doubled": str(len(soak.records.doubled)),
    }
    print("\n".join(f"{name:<26}{value}" for name, value in rows.items()))


async def _run(soak: Soak) -> None:
    running = asyncio.current_task()
    assert running is not None
    for number in (signal.SIGTERM, signal.SIGHUP):  # end as Ctrl-C does: with everything that was started
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await soak.run()


def main() -> int:
    """Soak and return the exit status: 0 if everything held."""
    try:
        settings = Settings.from_environment()
        soak, started, problem = Soak(settings), time.monotonic(), ""
    except (WrongSetting, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"seed {settings.seed}: {settings.minutes:g} minutes, {settings.objects} objects", flush=True)
    try:
        asyncio.run(_run(soak))
    except Violation as violation:
        problem = str(violation)
    except (asyncio.CancelledError, KeyboardInterrupt):
        problem = "nothing so far: stopped before its time"
    except Exception:  # noqa: BLE001 - whatever ends a soak is told with its numbers
        problem = traceback.format_exc()
    _report(soak, time.monotonic() - started)
    if problem:
        print(f"{'VIOLATED':<26}{problem}\nseed {settings.seed}; everything is kept in {settings.folder}")
        return 1
    print(f"{'lost':<26}0")
    shutil.rmtree(settings.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
