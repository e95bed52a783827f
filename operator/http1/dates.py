"""The value of the header ``Date``."""

import time
from email.utils import formatdate

_made: tuple[int, str] = (0, "")


def date() -> str:
    """Return the present second, as HTTP writes it."""
    global _made  # noqa: PLW0603 - made once a second, because it costs as much as parsing a request
    now = int(time.time())
    if _made[0] != now:
        _made = now, formatdate(now, usegmt=True)
    return _made[1]
