"""What is recorded of controller-runtime's metrics is what a manager built today shows."""

import json
import shutil

import pytest

from tests.controllerruntime import record


@pytest.mark.skipif(shutil.which("go") is None, reason="needs Go")
@pytest.mark.timeout(1200)
def test_the_record_of_controller_runtime_is_up_to_date() -> None:
    assert record.record() == json.loads(record.RECORDED.read_text())
