"""What ``website.py`` does, on a cluster of its own in virtual time."""

from plugin_operator.testing import scenario

SITE = {
    "apiVersion": "example.com/v1",
    "kind": "Website",
    "metadata": {"name": "shop", "namespace": "default"},
    "spec": {"image": "nginx:1", "replicas": 2, "port": 8080},
}


async def test_a_website_has_a_deployment_and_a_service_that_it_owns() -> None:
    async with scenario("../plugins/website.py", crds=["../crds/websites.yaml"], objects=[SITE]) as s:
        deployment = await s.get("apps/v1/Deployment", "shop", "default")
        service = await s.get("v1/Service", "shop", "default")
        assert deployment["spec"]["replicas"] == 2
        assert service["spec"]["ports"][0]["targetPort"] == 8080
        assert [each["metadata"]["ownerReferences"][0]["kind"] for each in (deployment, service)] == ["Website"] * 2


async def test_its_status_follows_the_deployment() -> None:
    async with scenario("../plugins/website.py", crds=["../crds/websites.yaml"], objects=[SITE]) as s:
        condition = (await s.get("example.com/v1/Website", "shop", "default"))["status"]["conditions"][0]
        assert (condition["status"], condition["message"]) == ("False", "0 of 2 replicas are available")
        deployment = await s.get("apps/v1/Deployment", "shop", "default")
        status = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2}
        await s.client.update_status({**deployment, "status": status})
        await s.settle()
        condition = (await s.get("example.com/v1/Website", "shop", "default"))["status"]["conditions"][0]
        assert (condition["status"], condition["message"]) == ("True", "2 of 2 replicas are available")


async def test_a_deleted_child_comes_back() -> None:
    async with scenario("../plugins/website.py", crds=["../crds/websites.yaml"], objects=[SITE]) as s:
        await s.delete("v1/Service", "shop", "default")
        assert (await s.get("v1/Service", "shop", "default"))["spec"]["ports"][0]["port"] == 80
