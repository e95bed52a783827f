"""Read small files with credentials."""

import os
import stat
from pathlib import Path

from plugin_operator.client.credentials.tokens import is_token
from plugin_operator.errors import ConfigError

MAX_FILE_BYTES = 4 * 2**20


def read_credential(path: str | Path, what: str, *, may_be_empty: bool = False) -> bytes:
    """Return the content of a file.

    Args:
        path: path of the file. Links are followed, so a rotated Secret or projected volume shows its new content.
        what: name of the file in messages.
        may_be_empty: whether an empty file is no error.

    Raises:
        ConfigError: the file is missing, empty, unreadable, larger than ``MAX_FILE_BYTES`` or not a regular file.
    """
    try:
        # A pipe in place of the file must not block the operator.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the {what} {path} cannot be read: {_reason(error)}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError(f"the {what} {path} is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"the {what} {path} cannot be read: {_reason(error)}") from error
    finally:
        os.close(descriptor)
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"the {what} {path} is larger than {MAX_FILE_BYTES} bytes")
    if not (content.strip() or may_be_empty):
        raise ConfigError(f"the {what} {path} is empty")
    return content


def read_token(path: str | Path, what: str) -> str:
    """Return the content of a file as a token, without surrounding white space.

    Raises:
        ConfigError: as ``read_credential``, or the content is not valid in a header.
    """
    token = read_credential(path, what).decode("latin-1").strip()
    if not is_token(token):
        raise ConfigError(f"the {what} {path} holds something else than a token")
    return token


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
