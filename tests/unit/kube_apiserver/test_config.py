"""What the settings of the embedded API server refuse."""

import math
from typing import Any

import pytest

from kube_apiserver import ApiServerConfig


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("history_size", 0),
        ("bookmark_seconds", 0.0),
        ("bookmark_seconds", math.nan),
        ("stuck_seconds", -1.0),
        ("stuck_seconds", math.inf),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_the_name_of_its_setting(setting: str, value: float) -> None:
    settings: dict[str, Any] = {setting: value}

    with pytest.raises(ValueError, match=f"{setting}={value}"):
        ApiServerConfig(**settings)
