"""What makes a controller due without an event: sources, and schedules by interval or by the clock on the wall."""
