"""Validity and expiry of bearer tokens."""

import base64
import binascii
from datetime import UTC, datetime

import msgspec


class _Claims(msgspec.Struct):
    exp: float | None = None


def is_token(text: str) -> bool:
    """Report whether ``text`` is valid in a header after ``Bearer``."""
    return bool(text) and text.isascii() and text.isprintable() and not text.isspace()


def expiry_of(token: str) -> datetime | None:
    """Return when a JSON Web Token expires; None for other tokens, or one without an expiry."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(payload, type=_Claims)
        return None if claims.exp is None else datetime.fromtimestamp(claims.exp, UTC)
    except (binascii.Error, msgspec.MsgspecError, RecursionError, ValueError, OverflowError, OSError):
        return None
