"""Triggers without an event: sources, and schedules by interval or cron expression."""
