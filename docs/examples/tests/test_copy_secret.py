"""What ``copy_secret.py`` does, on a cluster of its own in virtual time."""

from plugin_operator.testing import scenario

SOURCE = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "registry", "namespace": "default", "labels": {"example.com/copy": "source"}},
    "stringData": {"token": "token-one-of-three"},
}
TEAM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}


async def test_each_namespace_has_a_copy_and_a_new_one_gets_it() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        source = await s.get("v1/Secret", "registry", "default")
        assert (await s.get("v1/Secret", "registry", "team"))["data"] == source["data"]
        await s.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}})
        assert (await s.get("v1/Secret", "registry", "new"))["data"] == source["data"]


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
        assert {event.reason for event in s.events} == {"NameTaken"}


async def test_copies_go_with_their_source_although_deletions_fail_at_first() -> None:
    async with scenario("../plugins/copy_secret.py", objects=[SOURCE, TEAM]) as s:
        s.fail("delete", 500, times=2)
        await s.delete("v1/Secret", "registry", "default")
        await s.advance(60)
        assert await s.list("v1/Secret", label_selector="example.com/copy") == []
