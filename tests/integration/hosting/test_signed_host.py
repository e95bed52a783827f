"""Signed directories through the real host: what was not signed never runs, and what runs goes on."""

import asyncio
import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plugin_operator.hosting import Scanner, Verifier
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, SIGNATURE_FILE
from plugin_operator.hosting.signing.sign import sign_directory
from plugin_operator.testing.eventually import eventually

OBJECTS = 20


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def signed_bench(make_bench, tmp_path, key):
    """A host, not started yet, that asks for signatures and tries imports in a child process first."""
    public = tmp_path / "public.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    bench = make_bench(validate=True)
    bench.host._scanner = Scanner(bench.root, gate=Verifier(public))
    return bench


@pytest.fixture
async def running(signed_bench, key, plugin_text):
    """Two plugins and a helper, signed and active; both see every change."""
    bench = signed_bench
    bench.write("helper.py", "word = 'first'\n")
    body = "obj = ctx.lister.get(request)\nn = obj['data']['n'] if obj else ''\n"
    say = "ctx.recorder.event({}, 'Normal', 'end', f'{request.name} {helper.word} {n}')"
    bench.write("one.py", plugin_text("one", head="import helper", body=body + say))
    bench.write("two.py", plugin_text("two", name="two", body=body + say.replace("{helper.word}", "two")))
    sign_directory(bench.root, key)
    await bench.host.start()
    bench.host.lead()
    await bench.state("Active")
    await bench.state("Active", "two")
    return bench


async def refused(bench, words: str) -> None:
    await eventually(lambda: words in bench.host.directory_problem, timeout_seconds=20)
    assert bench.metrics.plugins_directory_problem.get("untrusted") == 1


async def test_nothing_is_imported_before_a_signature_not_even_on_trial(signed_bench, key, plugin_text, tmp_path):
    trace = tmp_path / "ran"
    signed_bench.write("one.py", plugin_text("one", head=f"open({str(trace)!r}, 'a').close()"))
    await signed_bench.host.start()
    signed_bench.host.lead()
    await refused(signed_bench, "plugins.manifest.json is missing")
    sign_directory(signed_bench.root, Ed25519PrivateKey.generate())
    await refused(signed_bench, "was not made over this")
    assert signed_bench.host.status() == []
    assert not trace.exists()
    sign_directory(signed_bench.root, key)
    await signed_bench.state("Active")
    assert trace.exists()
    assert signed_bench.host.directory_problem == ""
    assert signed_bench.metrics.plugins_directory_problem.values == {}


async def test_altered_files_change_nothing_under_load_until_they_are_signed(running, key):
    names = [f"obj{number}" for number in range(OBJECTS)]
    for name in names:
        await running.create(name, n="0")
    latest = {}
    over = asyncio.Event()

    async def write() -> None:
        for number in itertools.count(1):
            for name in names:
                latest[name] = number
                await running.change(name, number)
            if over.is_set():
                return

    writer = asyncio.create_task(write())
    try:
        running.write("helper.py", "word = 'altered'\n")
        await refused(running, "helper.py is changed since")
        running.write("three.py", "raise SystemExit\n")
        await refused(running, "three.py is not in")
        (running.root / "two.py").unlink()
        (running.root / "three.py").unlink()
        await refused(running, "helper.py is changed since")
        seen = len(running.journal.lines)
        await eventually(lambda: len(running.journal.lines) > seen + 4 * OBJECTS, timeout_seconds=20)
        words = {message.split()[1] for message in running.journal.messages("one", "end")}
        assert words == {"first"}
        assert [running.status(name).reloads for name in ("one", "two")] == [1, 1]

        sign_directory(running.root, key)
        await eventually(lambda: running.status("two") is None, timeout_seconds=20)
        await eventually(lambda: running.status().reloads == 2, timeout_seconds=20)
    finally:
        over.set()
        await writer

    def all_seen() -> bool:
        ended = set(running.journal.messages("one", "end"))
        return all(f"{name} altered {latest[name]}" in ended for name in names)

    await eventually(all_seen, timeout_seconds=20)


async def test_an_older_directory_is_refused_and_what_runs_goes_on(running, key):
    names = (MANIFEST_FILE, SIGNATURE_FILE, "helper.py")
    old = {name: (running.root / name).read_text() for name in names}
    running.write("helper.py", "word = 'mended'\n")
    sign_directory(running.root, key)
    await eventually(lambda: running.status().reloads == 2, timeout_seconds=20)
    for name, text in old.items():
        running.write(name, text)
    await refused(running, "was accepted before")
    await running.create("a", n="1")
    await running.ran("end", "a mended 1")
    assert running.status().reloads == 2


async def test_signing_the_same_again_reloads_nothing(running, key):
    revisions = [running.status(name).revision for name in ("one", "two")]
    running.write("note.py~", "")
    sign_directory(running.root, key)
    await running.create("a", n="1")
    await running.ran("end", "a first 1")
    running.write("helper.py", "word = 'later'\n")
    sign_directory(running.root, key)
    await eventually(lambda: running.status().reloads == 2, timeout_seconds=20)
    assert running.status("two").revision == revisions[1]
    assert running.status("two").reloads == 1


async def test_a_look_that_breaks_refuses_everything_and_the_next_one_goes_on(running, key):
    class Broken:
        files = ()

        def admit(self, tree):
            raise RuntimeError("boom")

    gate, running.host._scanner._gate = running.host._scanner._gate, Broken()
    running.write("helper.py", "word = 'later'\n")
    sign_directory(running.root, key)
    await eventually(lambda: "boom" in running.host.directory_problem, timeout_seconds=20)
    assert running.status().reloads == 1
    running.host._scanner._gate = gate
    await eventually(lambda: running.status().reloads == 2, timeout_seconds=20)
    assert running.host.directory_problem == ""
