"""What ``ttl.py`` does, on a cluster of its own in virtual time."""

from typing import Any

import pytest

from plugin_operator.testing import scenario


def config_map(seconds: str) -> dict[str, Any]:
    metadata = {"name": "short", "namespace": "default", "annotations": {"example.com/ttl-seconds": seconds}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


async def test_an_object_is_deleted_at_its_age_and_not_before() -> None:
    async with scenario("../plugins/ttl.py", objects=[config_map("3600")]) as s:
        await s.advance(3590)
        assert s.writes == []
        await s.advance(20)
        assert [str(write) for write in s.writes] == ["delete v1/ConfigMap default/short"]


async def test_a_longer_time_counts_from_the_change_on() -> None:
    async with scenario("../plugins/ttl.py", objects=[config_map("60")]) as s:
        await s.patch(
            "v1/ConfigMap", "short", {"metadata": {"annotations": {"example.com/ttl-seconds": "7200"}}}, "default"
        )
        await s.advance(7100)
        assert s.writes == []


@pytest.mark.parametrize("text", ["soon", "-1", "", "9" * 400])
async def test_a_wrong_time_deletes_nothing_and_is_not_tried_again(text: str) -> None:
    async with scenario("../plugins/ttl.py", objects=[config_map(text)]) as s:
        await s.advance(86400)
        assert s.writes == []
        assert len(s.requests) == 1
