"""Run-time triggers without an event: sources, ``ctx.enqueue`` and schedules, over all revisions."""
