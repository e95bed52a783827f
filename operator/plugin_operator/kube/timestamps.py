"""Times as the API server writes them."""

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """Return an aware moment as a ``metav1.Time``: UTC, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time(moment: datetime) -> str:
    """Return an aware moment as a ``metav1.MicroTime``: UTC, with six fractional digits."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
