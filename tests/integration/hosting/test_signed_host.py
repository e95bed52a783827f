"""Signed directories through the real host: what was not signed never runs, and what runs goes on."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plugin_operator.hosting import Scanner, Verifier
from plugin_operator.hosting.reporting.directory import PLUGINS_DIRECTORY_PROBLEM
from plugin_operator.hosting.scan.scanner import Gate
from plugin_operator.hosting.scan.tree import Tree
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, SIGNATURE_FILE
from plugin_operator.hosting.signing.sign import sign_directory
from plugin_operator.testing.eventually import eventually
from tests.host_harness import HostHarness

OBJECTS = 20


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def signed_harness(make_harness: Callable[..., HostHarness], tmp_path: Path, key: Ed25519PrivateKey) -> HostHarness:
    """A host, not started yet, that asks for signatures and tries imports in a child process first."""
    public = tmp_path / "public.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    harness = make_harness(validate=True)
    harness.host._scanner = Scanner(harness.root, gate=Verifier(public))
    return harness


@pytest.fixture
async def harness(signed_harness: HostHarness, key: Ed25519PrivateKey, plugin_text: Callable[..., str]) -> HostHarness:
    """Two plugins and a helper, signed and active; both see every change."""
    harness = signed_harness
    harness.write("helper.py", "word = 'first'\n")
    body = "obj = ctx.lister.get(request)\nn = obj['data']['n'] if obj else ''\n"
    say = "ctx.recorder.event({}, 'Normal', 'end', f'{request.name} {helper.word} {n}')"
    harness.write("one.py", plugin_text("one", head="import helper", body=body + say))
    harness.write("two.py", plugin_text("two", name="two", body=body + say.replace("{helper.word}", "two")))
    sign_directory(harness.root, key)
    await harness.host.start()
    harness.host.lead()
    await harness.state("Active")
    await harness.state("Active", "two")
    return harness


async def refused(harness: HostHarness, words: str) -> None:
    await eventually(lambda: words in harness.host.directory_problem, timeout_seconds=20)
    assert harness.metrics.family(PLUGINS_DIRECTORY_PROBLEM).get("untrusted") == 1


async def test_nothing_is_imported_before_a_signature_not_even_on_trial(
    signed_harness: HostHarness, key: Ed25519PrivateKey, plugin_text: Callable[..., str], tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    signed_harness.write("one.py", plugin_text("one", head=f"open({str(trace)!r}, 'a').close()"))
    await signed_harness.host.start()
    signed_harness.host.lead()
    await refused(signed_harness, "plugins.manifest.json is missing")
    sign_directory(signed_harness.root, Ed25519PrivateKey.generate())
    await refused(signed_harness, "is not a signature of")
    assert signed_harness.host.status() == []
    assert not trace.exists()
    sign_directory(signed_harness.root, key)
    await signed_harness.state("Active")
    assert trace.exists()
    assert signed_harness.host.directory_problem == ""
    assert signed_harness.metrics.family(PLUGINS_DIRECTORY_PROBLEM).values == {}


async def test_altered_files_change_nothing_under_load_until_they_are_signed(
    harness: HostHarness, key: Ed25519PrivateKey
) -> None:
    names = [f"obj{number}" for number in range(OBJECTS)]
    for name in names:
        await harness.create(name, n="0")
    latest = {}
    over = asyncio.Event()

    async def write() -> None:
        for number in itertools.count(1):
            for name in names:
                latest[name] = number
                await harness.change(name, number)
            if over.is_set():
                return

    writer = asyncio.create_task(write())
    try:
        harness.write("helper.py", "word = 'altered'\n")
        await refused(harness, "helper.py is changed since")
        harness.write("three.py", "raise SystemExit\n")
        await refused(harness, "three.py is not in")
        (harness.root / "two.py").unlink()
        (harness.root / "three.py").unlink()
        await refused(harness, "helper.py is changed since")
        seen = len(harness.journal.lines)
        await eventually(lambda: len(harness.journal.lines) > seen + 4 * OBJECTS, timeout_seconds=20)
        words = {message.split()[1] for message in harness.journal.messages("one", "end")}
        assert words == {"first"}
        assert [harness.status(name).reloads for name in ("one", "two")] == [1, 1]

        sign_directory(harness.root, key)
        await eventually(lambda: not harness.knows("two"), timeout_seconds=20)
        await eventually(lambda: harness.status().reloads == 2, timeout_seconds=20)
    finally:
        over.set()
        await writer

    def all_seen() -> bool:
        ended = set(harness.journal.messages("one", "end"))
        return all(f"{name} altered {latest[name]}" in ended for name in names)

    await eventually(all_seen, timeout_seconds=20)


async def test_an_older_directory_is_refused_and_what_runs_goes_on(
    harness: HostHarness, key: Ed25519PrivateKey
) -> None:
    names = (MANIFEST_FILE, SIGNATURE_FILE, "helper.py")
    old = {name: (harness.root / name).read_text() for name in names}
    harness.write("helper.py", "word = 'mended'\n")
    sign_directory(harness.root, key)
    await eventually(lambda: harness.status().reloads == 2, timeout_seconds=20)
    for name, text in old.items():
        harness.write(name, text)
    await refused(harness, "was accepted before")
    await harness.create("a", n="1")
    await harness.ran("end", "a mended 1")
    assert harness.status().reloads == 2


async def test_signing_the_same_again_reloads_nothing(harness: HostHarness, key: Ed25519PrivateKey) -> None:
    revisions = [harness.status(name).revision for name in ("one", "two")]
    harness.write("note.py~", "")
    sign_directory(harness.root, key)
    await harness.create("a", n="1")
    await harness.ran("end", "a first 1")
    harness.write("helper.py", "word = 'later'\n")
    sign_directory(harness.root, key)
    await eventually(lambda: harness.status().reloads == 2, timeout_seconds=20)
    assert harness.status("two").revision == revisions[1]
    assert harness.status("two").reloads == 1


async def test_a_look_that_breaks_refuses_everything_and_the_next_one_goes_on(
    harness: HostHarness, key: Ed25519PrivateKey
) -> None:
    class Broken:
        files = ()

        def admit(self, tree: Tree) -> None:
            raise RuntimeError("boom")

    gate, harness.host._scanner._gate = harness.host._scanner._gate, cast("Gate", Broken())
    harness.write("helper.py", "word = 'later'\n")
    sign_directory(harness.root, key)
    await eventually(lambda: "boom" in harness.host.directory_problem, timeout_seconds=20)
    assert harness.status().reloads == 1
    harness.host._scanner._gate = gate
    await eventually(lambda: harness.status().reloads == 2, timeout_seconds=20)
    assert harness.host.directory_problem == ""
