"""What ``copy_secret.py`` does, on a cluster of its own in virtual time."""

from plugin_operator.testing import Scenario, scenario

SOURCE = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "registry",
        "namespace": "default",
        "labels": {"example.com/copy": "source"},
        "annotations": {"example.com/copy-to": "registry in (yes, old)"},
    },
    "stringData": {"token": "token-one-of-three"},
}
TEAM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team", "labels": {"registry": "yes"}}}


async def namespaces(s: Scenario) -> list[str]:
    copies = await s.list("v1/Secret", label_selector="example.com/copy=copy")
    return sorted(each["metadata"]["namespace"] for each in copies)


async def label(s: Scenario, value: str | None) -> None:
    await s.patch("v1/Namespace", "team", {"metadata": {"labels": {"registry": value}}})


async def test_each_namespace_with_the_label_has_a_copy_and_a_new_one_gets_it() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        source = await s.get("v1/Secret", "registry", "default")
        assert (await s.get("v1/Secret", "registry", "team"))["data"] == source["data"]
        new = {"name": "new", "labels": {"registry": "old"}}
        await s.create({"apiVersion": "v1", "kind": "Namespace", "metadata": new})
        await s.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        assert await namespaces(s) == ["new", "team"]


async def test_a_namespace_that_loses_the_label_loses_the_copy() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        await label(s, None)
        assert await namespaces(s) == []
        await label(s, "yes")
        assert await namespaces(s) == ["team"]


async def test_another_selector_moves_the_copies_and_one_that_is_wrong_leaves_them() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        wrong = {"metadata": {"annotations": {"example.com/copy-to": "registry in yes"}}}
        await s.patch("v1/Secret", "registry", wrong, "default")
        assert await namespaces(s) == ["team"]
        other = {"metadata": {"annotations": {"example.com/copy-to": "kubernetes.io/metadata.name=kube-public"}}}
        await s.patch("v1/Secret", "registry", other, "default")
        assert await namespaces(s) == ["kube-public"]


async def test_copies_follow_their_source_and_an_edit_of_a_copy_is_undone() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        await s.patch("v1/Secret", "registry", {"stringData": {"token": "token-two-of-three"}}, "default")
        source = await s.get("v1/Secret", "registry", "default")
        assert (await s.get("v1/Secret", "registry", "team"))["data"] == source["data"]
        await s.patch("v1/Secret", "registry", {"stringData": {"token": "token-three-of-three"}}, "team")
        assert (await s.get("v1/Secret", "registry", "team"))["data"] == source["data"]


async def test_a_source_that_loses_its_label_loses_its_copies_and_can_be_deleted() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        await s.patch("v1/Secret", "registry", {"metadata": {"labels": {"example.com/copy": None}}}, "default")
        assert await s.list("v1/Secret", label_selector="example.com/copy") == []
        await s.delete("v1/Secret", "registry", "default")
        assert await s.list("v1/Secret", "default") == []


async def test_a_secret_of_the_same_name_that_is_no_copy_is_left_alone() -> None:
    other = {**SOURCE, "metadata": {"name": "registry", "namespace": "team"}, "stringData": {"token": "of-the-team"}}
    async with scenario("../plugins/copy_secret.py", objects=[TEAM, other]) as s:
        before = await s.get("v1/Secret", "registry", "team")
        await s.create(SOURCE)
        await s.delete("v1/Secret", "registry", "default")
        assert await s.get("v1/Secret", "registry", "team") == before
        assert {event.reason for event in s.events} == {"ChildExists"}


async def test_copies_go_with_their_source_although_deletions_fail_at_first() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        s.fail("delete", 500, times=2)
        await s.delete("v1/Secret", "registry", "default")
        await s.advance(60)
        assert await s.list("v1/Secret", label_selector="example.com/copy") == []
