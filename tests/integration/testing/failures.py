"""The message of a test that fails at its end."""

from collections.abc import Coroutine
from typing import Any

import pytest


async def failure_of(test: Coroutine[Any, Any, None]) -> str:
    """Return the message with which a test fails at its end."""
    with pytest.raises(AssertionError) as failed:
        await test
    return str(failed.value)
