"""Formats of values in cells, identical to those of kube-apiserver."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

NONE = "<none>"
UNKNOWN = "<unknown>"


def age(timestamp: str | None, now: datetime) -> str:
    """Return the age of an RFC 3339 time: ``5m30s``, ``3d4h``. Without a time it is ``<unknown>``."""
    if not timestamp:
        return UNKNOWN
    try:
        return human_duration((now - datetime.fromisoformat(timestamp)).total_seconds())
    except (TypeError, ValueError):
        return UNKNOWN


def human_duration(total_seconds: float) -> str:
    """Return a duration in at most two units, like apimachinery's ``duration.HumanDuration``."""
    seconds = int(total_seconds)
    if seconds < -1:
        return "<invalid>"
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    years = days // 365
    return _two(years, "y", days % 365, "d") if days < 2920 else f"{years}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def labels(value: Mapping[str, str] | None) -> str:
    """Return labels as ``a=b,c=d``, sorted, ``<none>`` if empty."""
    return ",".join(f"{key}={value[key]}" for key in sorted(value)) if value else NONE


def selector(value: Mapping[str, Any] | None) -> str:
    """Return a label selector in string form."""
    if not value:
        return NONE
    parts = [f"{key}={text}" for key, text in sorted((value.get("matchLabels") or {}).items())]
    for rule in value.get("matchExpressions") or ():
        listed = ",".join(sorted(rule.get("values") or ()))
        words = {
            "In": f"{rule['key']} in ({listed})",
            "NotIn": f"{rule['key']} notin ({listed})",
            "Exists": rule["key"],
            "DoesNotExist": f"!{rule['key']}",
        }
        parts.append(words.get(rule.get("operator", ""), rule["key"]))
    return ",".join(parts) if parts else NONE


def listed(values: Iterable[Any], empty: str = "") -> str:
    """Return the values joined by commas, ``empty`` if there are none."""
    return ",".join(str(value) for value in values) or empty


def yes_no(value: Any) -> str:
    """Return a boolean as ``True`` or ``False``, a missing one as ``<unset>``."""
    return "<unset>" if value is None else str(bool(value)).capitalize()


def access_modes(modes: Iterable[str] | None) -> str:
    """Return the abbreviations of access modes: ``RWO,ROX``."""
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    wanted = set(modes or ())
    return ",".join(text for mode, text in short.items() if mode in wanted)


def shortened(values: list[str], empty: str) -> str:
    """Return the first three values and the number of the others, ``empty`` if there are none."""
    more = f" + {len(values) - 3} more..." if len(values) > 3 else ""
    return ",".join(values[:3]) + more if values else empty
