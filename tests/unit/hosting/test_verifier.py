"""Which directories a signature key admits."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from plugin_operator.errors import UsageError
from plugin_operator.hosting.scan.scanner import Scanner
from plugin_operator.hosting.scan.snapshot import Directory
from plugin_operator.hosting.signing.keys import KeyUnusable, read_private_key, read_public_keys
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, MAX_SERIAL, SIGNATURE_FILE, Manifest, Untrusted
from plugin_operator.hosting.signing.sign import CannotSign, sign_directory
from plugin_operator.hosting.signing.verifier import Verifier
from tests.oddities import ODD

PLUGIN = "from plugin_operator import controller\n@controller(for_='v1/Pod')\nasync def one(ctx, request): ...\n"


def pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key: Ed25519PrivateKey | RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def key_file(tmp_path: Path, key: Ed25519PrivateKey) -> Path:
    path = tmp_path / "public.pem"
    path.write_bytes(public_pem(key))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins"
    (folder / "two").mkdir(parents=True)
    (folder / "one.py").write_text("import helper\n" + PLUGIN)
    (folder / "helper.py").write_text("x = 1\n")
    (folder / "two" / "__init__.py").write_text(PLUGIN)
    (folder / "two" / "template.yaml").write_text("a: 1\n")
    return folder


@pytest.fixture
def scanner(root: Path, key_file: Path) -> Scanner:
    return Scanner(root, gate=Verifier(key_file))


def sign_bytes(root: Path, key: Ed25519PrivateKey, content: bytes) -> None:
    (root / MANIFEST_FILE).write_bytes(content)
    (root / SIGNATURE_FILE).write_bytes(key.sign(content))


def refused(scanner: Scanner) -> str:
    found = scanner.scan()
    assert found.directory is Directory.UNTRUSTED
    assert found.sources == {}
    assert found.rejections == {}
    return found.reason


def test_a_signed_directory_loads_and_the_manifest_is_no_plugin(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey
) -> None:
    manifest = sign_directory(root, key)
    assert sorted(manifest.digests) == ["helper.py", "one.py", "two/__init__.py", "two/template.yaml"]
    found = scanner.scan()
    assert found.directory is Directory.OK
    assert sorted(found.sources) == ["helper", "one", "two"]


def test_without_a_gate_manifests_mean_nothing(root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, key)
    (root / "one.py").write_text(PLUGIN)
    assert sorted(Scanner(root).scan().sources) == ["helper", "one", "two"]


@pytest.mark.parametrize("name", [MANIFEST_FILE, SIGNATURE_FILE])
def test_a_missing_manifest_or_signature_refuses_everything(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey, name: str
) -> None:
    sign_directory(root, key)
    (root / name).unlink()
    assert refused(scanner) == f'{root} is not trusted: {name} is missing: run "plugin-operator sign" on the directory'


def test_an_extra_a_changed_and_a_missing_file_are_named(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, key)
    (root / "helper.py").write_text("x = 2\n")
    assert f"helper.py is changed since {MANIFEST_FILE}" in refused(scanner)
    (root / "helper.py").write_text("x = 1\n")
    assert scanner.scan().directory is Directory.OK
    (root / "two" / "more.yaml").touch()
    (root / "three.py").touch()
    assert f"three.py, two/more.yaml are not in {MANIFEST_FILE}" in refused(scanner)
    (root / "two" / "more.yaml").unlink()
    (root / "three.py").rename(root / "three.py~")
    (root / "one.py").unlink()
    assert f"one.py is missing, but in {MANIFEST_FILE}" in refused(scanner)


def test_what_cannot_be_read_as_a_file_is_an_extra_one(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, key)
    (root / "pipe.py").symlink_to("/dev/zero")
    assert "pipe.py is not in" in refused(scanner)


def test_a_name_that_would_break_the_log_is_passed_over_and_quoted(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey
) -> None:
    sign_directory(root, key)
    (root / "a\n[info] all is well.py").touch()
    assert scanner.scan().ignored == ("b'a\\n[info] all is well.py'",)


def test_a_wrong_key_and_an_altered_manifest_are_refused(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, Ed25519PrivateKey.generate())
    assert "is not a signature of plugins.manifest.json by the key in" in refused(scanner)
    sign_directory(root, key)
    text = (root / MANIFEST_FILE).read_text()
    (root / MANIFEST_FILE).write_text(text.replace('"serial": ', '"serial": 1'))
    assert "is not a signature of" in refused(scanner)
    (root / SIGNATURE_FILE).write_text("none\n")
    assert "is not an Ed25519 signature" in refused(scanner)


def test_a_signature_may_be_bare_or_in_base64(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, key)
    assert len((root / SIGNATURE_FILE).read_text().strip()) == 88
    (root / SIGNATURE_FILE).write_bytes(base64.b64decode((root / SIGNATURE_FILE).read_bytes()))
    assert scanner.scan().directory is Directory.OK


def test_an_older_serial_is_refused_for_the_life_of_the_process(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey, key_file: Path
) -> None:
    sign_directory(root, key, serial=7)
    old = {name: (root / name).read_bytes() for name in (MANIFEST_FILE, SIGNATURE_FILE, "helper.py")}
    assert scanner.scan().directory is Directory.OK
    (root / "helper.py").write_text("x = 2\n")
    sign_directory(root, key, serial=8)
    assert scanner.scan().directory is Directory.OK
    for name, content in old.items():
        (root / name).write_bytes(content)
    assert "has the serial 7, but 8 was accepted before" in refused(scanner)
    assert Scanner(root, gate=Verifier(key_file)).scan().directory is Directory.OK


def test_the_same_serial_for_something_else_is_refused(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_bytes(root, key, Manifest.of(7, contents(root)).encode())
    assert scanner.scan().directory is Directory.OK
    (root / "helper.py").write_text("x = 2\n")
    sign_bytes(root, key, Manifest.of(7, contents(root)).encode())
    assert "differs from the accepted one of the same serial 7" in refused(scanner)


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {MANIFEST_FILE, SIGNATURE_FILE}
    }


def test_a_serial_counts_only_once_its_files_were_accepted(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey
) -> None:
    sign_directory(root, key, serial=7)
    assert scanner.scan().directory is Directory.OK
    good = (root / MANIFEST_FILE).read_bytes()
    sign_bytes(root, key, Manifest.of(9, {"one.py": b""}).encode())
    assert "not in" in refused(scanner)
    sign_bytes(root, key, good)
    assert scanner.scan().directory is Directory.OK


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is malformed"),
        (b"[" * 200_000, "is malformed"),
        (b"\xff\xfe", "is malformed"),
        (b'{"type": "x", "serial": 1, "files": {}, "more": 1}', "is malformed"),
        (b'{"type": "x", "serial": 1, "files": {}}', "is of the type 'x'"),
        (b'{"type": "plugin-operator.plugins-manifest/v1", "serial": 1, "files": {}}', "is not in the form"),
        (b'{"type": "plugin-operator.plugins-manifest/v1", "serial": 1.0, "files": {"\\ud800": ""}}', "is malformed"),
        (b'{"type": "plugin-operator.plugins-manifest/v1", "serial": 0, "files": {}}', "is malformed"),
        (b'{"type": "plugin-operator.plugins-manifest/v1", "serial": -1, "files": {}}', "is malformed"),
        (b'{"type": "plugin-operator.plugins-manifest/v1", "serial": 1' + b"0" * 9999 + b"}", "is malformed"),
    ],
)
def test_a_malformed_manifest_is_refused_even_if_it_is_signed(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey, content: bytes, words: str
) -> None:
    sign_bytes(root, key, content)
    assert words in refused(scanner)


def test_a_manifest_that_says_something_twice_is_refused(key: Ed25519PrivateKey) -> None:
    content = Manifest.of(7, {"one.py": b"good"}).encode()
    line = content.splitlines(keepends=True)[4]
    with pytest.raises(Untrusted, match="is not in the form"):
        Manifest.decode(content.replace(line, line.replace(b"\n", b",\n") + line))
    with pytest.raises(Untrusted, match="is not in the form"):
        Manifest.decode(content + b"\n")


def test_names_that_climb_out_are_only_compared(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    (root.parent / "outside.py").write_text(PLUGIN)
    sign_bytes(root, key, Manifest.of(7, contents(root) | {"../outside.py": PLUGIN.encode()}).encode())
    assert "../outside.py is missing" in refused(scanner)


def test_what_is_verified_is_what_is_loaded(scanner: Scanner, root: Path, key: Ed25519PrivateKey) -> None:
    sign_directory(root, key)
    found = scanner.scan()
    (root / "one.py").write_text("evil = True\n")
    assert b"evil" not in found.sources["one"].files["one.py"]


def test_a_configmap_volume_is_admitted_and_refused_as_a_whole(
    tmp_path: Path, root: Path, key: Ed25519PrivateKey, key_file: Path
) -> None:
    """The links are those that kubelet's AtomicWriter makes."""
    shutil.rmtree(root / "two")
    volume = tmp_path / "volume"
    volume.mkdir()

    def publish(name: str) -> None:
        shutil.copytree(root, volume / name)
        (volume / "..data_tmp").symlink_to(name)
        (volume / "..data_tmp").rename(volume / "..data")
        for each in root.iterdir():
            link = volume / each.name
            if not link.is_symlink():
                link.symlink_to(f"..data/{each.name}")

    scanner = Scanner(volume, gate=Verifier(key_file))
    sign_directory(root, key)
    publish("..1")
    assert sorted(scanner.scan().sources) == ["helper", "one"]
    (root / "helper.py").write_text("x = 2\n")
    publish("..2")
    assert "helper.py is changed" in refused(scanner)
    sign_directory(root, key)
    publish("..3")
    assert scanner.scan().sources["one"].files["helper.py"] == b"x = 2\n"


def test_a_key_can_be_replaced_while_the_operator_runs(
    scanner: Scanner, root: Path, key: Ed25519PrivateKey, key_file: Path
) -> None:
    sign_directory(root, key)
    assert scanner.scan().directory is Directory.OK
    other = Ed25519PrivateKey.generate()
    key_file.write_bytes(b"old and new\n" + public_pem(key) + public_pem(other))
    sign_directory(root, other)
    assert scanner.scan().directory is Directory.OK
    key_file.write_bytes(public_pem(key))
    assert "is not a signature" in refused(scanner)
    key_file.unlink()
    assert "public.pem cannot be read: No such file or directory" in refused(scanner)


def test_a_public_key_may_be_bare_base64(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    path = tmp_path / "key"
    path.write_bytes(base64.b64encode(key.public_key().public_bytes_raw()) + b"\n")
    assert read_public_keys(path) == (key.public_key(),)


def test_a_file_that_is_no_public_key_is_refused_with_the_way_out(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    path = tmp_path / "key"
    rsa = generate_private_key(65537, 2048)
    for content, words in (
        (b"", "holds no public key in PEM: make one with: openssl pkey"),
        (b"A" * 70_000, "it is no key"),
        (pem(key), "holds a private key, which must not be where the operator runs"),
        (public_pem(key) + pem(key), "holds a private key"),
        (public_pem(rsa), "another kind than Ed25519"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no public key"),
    ):
        path.write_bytes(content)
        with pytest.raises(KeyUnusable, match=words):
            read_public_keys(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(KeyUnusable, match="is not a file"):
        read_public_keys(path)


def test_a_file_that_is_no_private_key_is_refused_with_the_way_out(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    path = tmp_path / "key"
    rsa = generate_private_key(65537, 2048)
    for content, words in (
        (b"", "holds no private key in PEM: make one with: openssl genpkey"),
        (public_pem(key), "holds no private key"),
        (rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "another kind than Ed25519"),
        (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")), "is encrypted"),
    ):
        path.write_bytes(content)
        with pytest.raises(KeyUnusable, match=words):
            read_private_key(path)


def test_a_set_up_that_leads_round_the_key_is_wrong_usage(
    tmp_path: Path, root: Path, key: Ed25519PrivateKey, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Verifier.for_directory(key_file, root).serial == 0
    with pytest.raises(UsageError, match=r"--plugins-signature-key: .* cannot be read"):
        Verifier.for_directory(tmp_path / "none", root)
    (root / "key.pem").write_bytes(key_file.read_bytes())
    (root / "link.pem").symlink_to(key_file)
    (tmp_path / "link.pem").symlink_to(root / "key.pem")
    for path in (root / "key.pem", root / "link.pem", tmp_path / "link.pem"):
        with pytest.raises(UsageError, match="is in the plugins directory"):
            Verifier.for_directory(path, root)
    monkeypatch.chdir(root)
    monkeypatch.syspath_prepend("")
    with pytest.raises(UsageError, match="imports from the working directory"):
        Verifier.for_directory(key_file, root)


def test_serials_grow_and_never_fall_back(root: Path, key: Ed25519PrivateKey) -> None:
    first = sign_directory(root, key).serial
    assert sign_directory(root, key).serial > first
    assert sign_directory(root, key, serial=MAX_SERIAL).serial == MAX_SERIAL
    with pytest.raises(CannotSign, match="must be greater than"):
        sign_directory(root, key)
    # One of somebody else's says nothing: it must not be able to use up the serials.
    assert sign_directory(root, Ed25519PrivateKey.generate(), serial=1).serial == 1


def test_a_directory_that_could_not_be_loaded_is_not_signed(tmp_path: Path, root: Path, key: Ed25519PrivateKey) -> None:
    with pytest.raises(CannotSign, match="does not exist"):
        sign_directory(tmp_path / "none", key)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CannotSign, match="contains no plugins"):
        sign_directory(tmp_path / "empty", key)
    (root / "gone.py").symlink_to("nowhere")
    with pytest.raises(CannotSign, match="is a link to nothing"):
        sign_directory(root, key)


def test_signing_leaves_two_files_that_everybody_may_read(root: Path, key: Ed25519PrivateKey) -> None:
    before = set(root.iterdir())
    sign_directory(root, key)
    made = set(root.iterdir()) - before
    assert {path.name for path in made} == {MANIFEST_FILE, SIGNATURE_FILE}
    umask = os.umask(0)
    os.umask(umask)
    assert all(path.stat().st_mode & 0o777 == 0o666 & ~umask for path in made)
    assert json.loads((root / MANIFEST_FILE).read_text())["type"] == "plugin-operator.plugins-manifest/v1"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_openssl_makes_keys_and_signatures_that_are_accepted(tmp_path: Path, root: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "made.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    scanner = Scanner(root, gate=Verifier(public))
    sign_directory(root, read_private_key(private))
    assert scanner.scan().directory is Directory.OK
    (root / MANIFEST_FILE).write_bytes(Manifest.of(MAX_SERIAL, contents(root)).encode())
    sign = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(private), "-in", str(root / MANIFEST_FILE)]
    subprocess.run([*sign, "-out", root / SIGNATURE_FILE], check=True, capture_output=True)
    assert scanner.scan().directory is Directory.OK


def test_no_working_directory_is_needed_to_ask_for_signatures(
    root: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setattr("sys.path", ["", "relative", *__import__("sys").path])
    assert Verifier.for_directory(key_file, root).serial == 0


@pytest.mark.parametrize("name", ["odd", "odd.py", ".odd", "two/odd", "structlog.py", "one", "two/__init__.pyc"])
@pytest.mark.parametrize("odd", ODD)
def test_whatever_is_added_to_a_signed_directory_nothing_loads_but_what_was_signed(
    root: Path, key: Ed25519PrivateKey, scanner: Scanner, odd: str, name: str
) -> None:
    sign_directory(root, key)
    signed = contents(root)
    assert scanner.scan().directory is Directory.OK
    ODD[odd](root / name)
    found = scanner.scan()
    if found.directory is Directory.UNTRUSTED:
        assert found.sources == {}
        assert found.reason
    else:
        assert {path: content for each in found.sources.values() for path, content in each.files.items()} == signed
    (root / "one.py").write_text(PLUGIN + "x = 1\n")
    assert scanner.scan().sources == {}


@pytest.mark.parametrize("name", [MANIFEST_FILE, SIGNATURE_FILE])
@pytest.mark.parametrize("odd", ODD)
def test_a_manifest_that_is_no_file_admits_nothing(
    root: Path, key: Ed25519PrivateKey, scanner: Scanner, odd: str, name: str
) -> None:
    sign_directory(root, key)
    (root / name).unlink()
    ODD[odd](root / name)
    assert name in refused(scanner)
