"""What ``ephemeral_volume_claim.py`` does, on a cluster of its own in virtual time."""

from typing import Any

from plugin_operator.testing import scenario

CRD = "../crds/ephemeralvolumeclaims.yaml"


def claim(size: str) -> dict[str, Any]:
    metadata = {"name": "scratch", "namespace": "default", "labels": {"app": "web"}}
    return {
        "apiVersion": "example.com/v1",
        "kind": "EphemeralVolumeClaim",
        "metadata": metadata,
        "spec": {"size": size},
    }


async def test_a_claim_has_a_volume_of_its_size_and_labels() -> None:
    async with scenario("../plugins/ephemeral_volume_claim.py", crds=[CRD], objects=[claim("1Gi")]) as s:
        volume = await s.get("v1/PersistentVolumeClaim", "scratch", "default")
        assert volume["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
        assert volume["metadata"]["labels"]["app"] == "web"
        labels = {"metadata": {"labels": {"app": None, "tier": "db"}}}
        await s.patch("example.com/v1/EphemeralVolumeClaim", "scratch", labels, "default")
        volume = await s.get("v1/PersistentVolumeClaim", "scratch", "default")
        assert volume["metadata"]["labels"] == {"tier": "db", "example.com/ephemeral": "scratch"}


async def test_a_wrong_size_makes_no_volume_until_it_is_mended() -> None:
    async with scenario("../plugins/ephemeral_volume_claim.py", crds=[CRD], objects=[claim("much")]) as s:
        await s.advance(3600)
        assert (s.writes, len(s.requests)) == ([], 1)
        await s.patch("example.com/v1/EphemeralVolumeClaim", "scratch", {"spec": {"size": "2Gi"}}, "default")
        volume = await s.get("v1/PersistentVolumeClaim", "scratch", "default")
        assert volume["spec"]["resources"]["requests"]["storage"] == "2Gi"
