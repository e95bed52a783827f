"""What ``ephemeral_volume_claim.py`` does, on a cluster of its own in virtual time."""

from typing import Any

import pytest

from plugin_operator import InvalidError
from plugin_operator.testing import Scenario, scenario

PLUGIN, KIND = "../plugins/ephemeral_volume_claim.py", "example.com/v1/EphemeralVolumeClaim"
CLAIM = "v1/PersistentVolumeClaim"


def ephemeral(size: str | int) -> dict[str, Any]:
    metadata = {"name": "scratch", "namespace": "default", "labels": {"app": "web"}}
    return {
        "apiVersion": "example.com/v1",
        "kind": "EphemeralVolumeClaim",
        "metadata": metadata,
        "spec": {"size": size},
    }


async def status(s: Scenario) -> dict[str, Any]:
    found: dict[str, Any] = (await s.get(KIND, "scratch"))["status"]
    return found


async def size(s: Scenario) -> str:
    return str((await s.get(CLAIM, "scratch"))["spec"]["resources"]["requests"]["storage"])


async def bind(s: Scenario) -> None:
    """Bind the claim to a volume, as the controllers of a cluster do."""
    bound = {"phase": "Bound", "capacity": {"storage": await size(s)}, "accessModes": ["ReadWriteOnce"]}
    await s.client.patch_status(CLAIM, "scratch", bound, "default")
    await s.settle()


async def test_a_claim_has_the_size_and_follows_the_labels() -> None:
    async with scenario(PLUGIN, objects=[ephemeral("1Gi")]) as s:
        volume = await s.get(CLAIM, "scratch")
        assert volume["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
        assert volume["metadata"]["labels"]["app"] == "web"
        await s.patch(KIND, "scratch", {"metadata": {"labels": {"app": None, "tier": "db"}}})
        labels = (await s.get(CLAIM, "scratch"))["metadata"]["labels"]
        assert (labels.get("app"), labels["tier"], labels["example.com/ephemeral"]) == (None, "db", "scratch")


async def test_the_claim_grows_and_its_phase_is_in_the_status() -> None:
    async with scenario(PLUGIN, objects=[ephemeral("1Gi")]) as s:
        assert {key: (await status(s))[key] for key in ("claim", "phase")} == {"claim": "scratch", "phase": "Pending"}
        await bind(s)
        assert (await status(s))["phase"] == "Bound"
        await s.patch(KIND, "scratch", {"spec": {"size": "2Gi"}})
        assert await size(s) == "2Gi"


async def test_a_size_that_is_refused_is_tried_once_and_shown_until_it_is_mended() -> None:
    async with scenario(PLUGIN, objects=[ephemeral("2Gi")]) as s:
        await bind(s)
        s.fail("apply", 422, kind=CLAIM)  # as a cluster does for a smaller size, or a volume that cannot grow
        await s.patch(KIND, "scratch", {"spec": {"size": "1Gi"}})
        await s.advance(3600)
        assert await size(s) == "2Gi"
        condition = (await status(s))["conditions"][0]
        assert (condition["status"], condition["reason"]) == ("False", "Refused")
        assert len(s.failed_writes) == 2  # the second one follows the change of the status
        s.heal()
        await s.patch(KIND, "scratch", {"spec": {"size": "3Gi"}})
        assert await size(s) == "3Gi"
        assert (await status(s))["conditions"][0]["status"] == "True"


@pytest.mark.parametrize("wrong", ["much", "1 GB", ""])
async def test_what_is_no_size_is_refused_by_the_api_server(wrong: str) -> None:
    async with scenario(PLUGIN) as s:
        with pytest.raises(InvalidError, match=r"spec\.size"):
            await s.create(ephemeral(wrong))


async def test_the_claim_goes_with_its_object() -> None:
    async with scenario(PLUGIN, objects=[ephemeral(1_500_000_000)]) as s:
        assert await size(s) == "1500M"
        await s.delete(KIND, "scratch")
        await s.advance(60)
        assert [each for each in await s.list(CLAIM) if not each["metadata"].get("deletionTimestamp")] == []
