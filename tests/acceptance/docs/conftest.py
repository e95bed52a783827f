"""What tests of the docs share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.docs.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    """A shell in a copy of the checkout."""
    folder = tmp_path / "plugin-operator"
    folder.mkdir()
    made = Terminal(folder, environment)
    yield made
    made.close()
