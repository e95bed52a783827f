"""Times as metav1.Time and metav1.MicroTime write them."""

from datetime import datetime


def timestamp(moment: datetime) -> str:
    """Return whole seconds, UTC: ``2026-01-02T03:04:05Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
