"""``make soak MINUTES=5 SEED=1 OBJECTS=5000``: random trouble by a plan, and nothing may be lost or doubled."""

import asyncio
import shutil
import signal
import sys
import time
import traceback

from tests.soak.judge import Violation
from tests.soak.settings import Settings
from tests.soak.soak import Soak


def _count(soak: Soak, kind: str) -> str:
    found = {name: count for (of, name), count in sorted(soak.done.items()) if of == kind}
    return f"{sum(found.values())}" + "".join(f", {name} {count}" for name, count in found.items())


def _report(soak: Soak, seconds: float) -> None:
    memory = soak.judge.memory if hasattr(soak, "judge") else []
    first, last = (memory[0], memory[-1]) if memory else ((0.0, 0.0), (0.0, 0.0))
    rows = {
        "seconds": f"{seconds:.0f}",
        "events": str(soak.judge.writers.count) if hasattr(soak, "judge") else "0",
        "reconciles": str(soak.records.count),
        "faults": _count(soak, "fault"),
        "compactions": _count(soak, "compaction"),
        "edits": _count(soak, "edit"),
        "reloads": str(soak.logs.reloads),
        "kills": _count(soak, "kill"),
        "doubled": str(len(soak.records.doubled)),
        "memory of the leader": f"{first[0]:.0f} MiB at the start, {last[0]:.0f} MiB at the end",
        "memory of the API server": f"{first[1]:.0f} MiB at the start, {last[1]:.0f} MiB at the end",
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
    settings = Settings.from_environment()
    print(f"seed {settings.seed}: {settings.minutes:g} minutes, {settings.objects} objects", flush=True)
    soak, started, problem = Soak(settings), time.monotonic(), ""
    try:
        asyncio.run(_run(soak))
    except Violation as violation:
        problem = str(violation)
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
