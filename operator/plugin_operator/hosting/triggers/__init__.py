"""What makes requests due without an event, at run time: sources, ``ctx.enqueue`` and schedules, over all revisions."""
