"""Fields that differ are named by the paths that people write; values are hashed, huge objects looked at in part."""

from typing import Any

import pytest

from plugin_operator.plugin.writes.field_paths import changed, digests


def test_paths_are_those_that_people_write_and_hold_no_value() -> None:
    old = {"metadata": {"annotations": {"example.com/seen": "1"}, "resourceVersion": "1", "managedFields": [1]}}
    new = {"metadata": {"annotations": {"example.com/seen": "2"}, "resourceVersion": "2", "managedFields": [2]}}
    assert changed(digests(old), digests(new)) == ["metadata.annotations[example.com/seen]"]
    spec = {"spec": {"containers": [{"image": "a"}, {"image": "b"}], "empty": {}}}
    other = {"spec": {"containers": [{"image": "a"}, {"image": "secret"}], "empty": []}}
    found = changed(digests(spec), digests(other))
    assert found == ["spec.containers[1].image", "spec.empty"]
    assert "secret" not in str(digests(other))


@pytest.mark.parametrize("depth", [100, 5000])
def test_huge_and_deep_objects_are_looked_at_in_part(depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = [deep]
    wide = {f"k{number}": "v" for number in range(100_000)}
    assert len(digests({"data": wide, "deep": deep})) <= 2_000
    assert isinstance(digests({"deep": deep}), dict)
