"""The event loop of a process."""

import gc

from plugin_operator.manager import run_in_loop


async def frozen() -> int:
    return gc.get_freeze_count()


def test_what_is_imported_before_the_loop_runs_is_kept_from_the_garbage_collector():
    gc.unfreeze()
    try:
        assert run_in_loop(frozen()) > 10_000
    finally:
        gc.unfreeze()
