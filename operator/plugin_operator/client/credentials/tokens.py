"""What a bearer token says of itself."""

import base64
import binascii
from datetime import UTC, datetime

import msgspec


class _Claims(msgspec.Struct):
    exp: float | None = None


def is_token(text: str) -> bool:
    """Tell whether ``text`` can stand in a header after ``Bearer``."""
    return bool(text) and text.isascii() and text.isprintable() and not text.isspace()


def expiry_of(token: str) -> datetime | None:
    """Return when a JSON Web Token expires; None for any other token, or one without an end."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(payload, type=_Claims)
        return None if claims.exp is None else datetime.fromtimestamp(claims.exp, UTC)
    except (binascii.Error, msgspec.MsgspecError, RecursionError, ValueError, OverflowError, OSError):
        return None
