"""What a controller declares changes while it works under load: see ``loaded_operator`` for what always holds."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plugin_operator.hosting import Scanner, Verifier
from plugin_operator.hosting.signing.sign import sign_directory
from plugin_operator.testing.eventually import eventually
from tests.integration.reloading.conftest import Case

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_another_kind_and_back(case: Case) -> None:
    await case.save("v1")
    await case.operator.client.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}, "type": "Opaque"}
    )
    await case.save("v2", kind="v1/Secret")
    await eventually(lambda: case.keys("v2") == {"s"})
    case.put(case.path.name, case.text("v3"))
    await eventually(lambda: len(case.keys("v3")) > 100, timeout_seconds=20)
    assert case.keys("v2") == {"s"}


async def test_other_selectors_and_back(case: Case) -> None:
    # Slow, so that requests of both halves are queued at the swap: they run under the new code.
    await case.save("v1", body="await asyncio.sleep(0.01)")
    await case.save("v2", options=", label_selector='half=odd', max_concurrent_reconciles=4")
    odd = {f"k{number:03}" for number in range(1, 120, 2)}
    await eventually(lambda: odd <= case.keys("v2"), timeout_seconds=20)

    async def only_what_is_selected() -> bool:
        case.keys("v2").clear()
        await case.goes_on("v2")
        return case.keys("v2") <= odd

    await eventually(only_what_is_selected, timeout_seconds=20)
    await case.save("v3")


async def test_other_concurrency(case: Case) -> None:
    for version, most in (("v1", 1), ("v2", 16), ("v3", 2)):
        await case.save(version, options=f", max_concurrent_reconciles={most}")
        assert (await case.state("Active")).controllers[0].max_concurrent_reconciles == most


async def test_other_predicates_and_back(case: Case) -> None:
    await case.save("v1")
    head = "from plugin_operator import labels_changed"
    await case.save("v2", head=head, options=", predicates=[labels_changed], max_concurrent_reconciles=4")
    await eventually(lambda: len(case.keys("v2")) == 120, timeout_seconds=20)
    seen = case.count("v2")
    await case.goes_on("still", "sharer", rounds=200)
    assert case.count("v2") == seen
    await case.save("v3")


async def test_an_unloaded_plugin_leaves_the_caches_to_others_that_share_them(case: Case) -> None:
    owns = ", owns=['v1/Secret'], max_concurrent_reconciles=4"
    other = f"{case.name}other"
    await case.save("v1", options=owns)
    path = case.put(f"{other}.py", case.text("o", name=other, options=owns))
    await case.ran("o", other)
    path.unlink()
    await case.gone(other)
    await case.goes_on("v1")
    secrets = [each for each in case.operator.factory.informers() if "Secret" in str(each.key)]
    assert [each.has_synced for each in secrets] == [True]
    case.path.unlink()
    await case.gone()
    assert not [each for each in case.operator.factory.informers() if "Secret" in str(each.key)]
    case.judged = set()


async def test_unsigned_and_altered_files_change_nothing_until_they_are_signed(case: Case) -> None:
    key = Ed25519PrivateKey.generate()
    public = case.scratch / "public.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    root = case.scratch / "plugins"
    root.mkdir()
    (root / "one.py").write_text(case.text("v1"))
    sign_directory(root, key)
    async with case.own_host(root, scanner=Scanner(root, gate=Verifier(public))) as host:
        await case.ran("v1")
        case.put("one.py", case.text("v2"))
        await eventually(lambda: "one.py is changed since" in host.directory_problem, timeout_seconds=20)
        case.put("two.py", case.text("t", name=f"{case.name}two"))
        await eventually(lambda: "two.py is not in" in host.directory_problem, timeout_seconds=20)
        await case.goes_on("v1")
        assert case.count("v2") == case.count("t", f"{case.name}two") == 0
        (root / "two.py").unlink()
        sign_directory(root, key)
        await case.ran("v2")
