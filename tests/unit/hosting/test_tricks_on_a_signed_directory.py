"""Tricks on a signed directory: swaps while it is read, names that look alike, manifests of wrong forms, old states.

Held in each case: what is admitted is, byte for byte, something that was signed as a whole; and a later look at an
honest directory admits it.
"""

import json
import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from plugin_operator.hosting.scan.snapshot import Directory
from plugin_operator.hosting.scan.tree import MAX_FILE_BYTES, read_tree
from plugin_operator.hosting.signing.keys import encode_signature
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, MANIFEST_FILES, SIGNATURE_FILE, Manifest
from plugin_operator.hosting.signing.sign import CannotSign, sign_directory
from plugin_operator.hosting.signing.verifier import Verifier

EVIL = "import os\nos.system('evil')\n"
#: Order of the group that Ed25519 signs in.
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

Files = dict[str, bytes]
Action = Callable[[], None]


class Bay:
    """A directory behind a link, the gate before it, and everything that was ever signed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        self.signed: list[Files] = []
        self.root = folder / "plugins"
        self.gate = Verifier(folder / "public.pem")
        self.write_key(self.key)
        self.root.symlink_to(self.made("first"))
        self.sign()

    def write_key(self, key: Ed25519PrivateKey) -> None:
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self.folder / "public.pem").write_bytes(public)

    def made(self, name: str, word: str = "x = 1\n") -> Path:
        """Lay a directory of plugins."""
        made = self.folder / name
        (made / "two").mkdir(parents=True)
        (made / "one.py").write_text("import helper\n")
        (made / "helper.py").write_text(word)
        (made / "two" / "__init__.py").write_text("y = 1\n")
        (made / "two" / "template.yaml").write_text("a: 1\n")
        return made

    def sign(self, root: Path | None = None, serial: int | None = None) -> None:
        root = root or self.root
        sign_directory(root, self.key, serial)
        self.signed.append(contents(root))

    def sign_bytes(self, content: bytes, signature: bytes | None = None) -> None:
        """Put a manifest in place, with a good signature unless another is given."""
        (self.root / MANIFEST_FILE).write_bytes(content)
        made = encode_signature(self.key.sign(content)) if signature is None else signature
        (self.root / SIGNATURE_FILE).write_bytes(made)

    def flip(self, to: Path) -> None:
        """Swap the link, as git-sync does."""
        fresh = self.folder / "fresh"
        fresh.symlink_to(to)
        fresh.rename(self.root)

    def look(self) -> tuple[Files, str]:
        """Return what is admitted, or why nothing is."""
        tree = read_tree(str(self.root), MANIFEST_FILES)
        if tree.directory is not Directory.OK:
            return {}, tree.reason
        reason = self.gate.admit(tree)
        return ({}, reason) if reason else ({path: file.content for path, file in tree.files.items()}, "")

    def look_is_safe(self) -> str:
        """Look, hold what is admitted to what was signed, and return the reason of a refusal."""
        files, reason = self.look()
        assert reason or files in self.signed, files
        return reason


def contents(root: Path) -> Files:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in MANIFEST_FILES
    }


@pytest.fixture
def bay(tmp_path: Path) -> Bay:
    return Bay(tmp_path)


#: Something that the reader does, by the name of what it does it to; ``read`` is after its first piece.
MOMENTS = [
    ("open", "one.py"), ("open", "helper.py"), ("open", MANIFEST_FILE), ("open", SIGNATURE_FILE),
    ("read", "helper.py"), ("read", MANIFEST_FILE), ("scandir", "first"), ("scandir", "two"), ("readlink", "..data"),
]  # fmt: skip


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[str, str], Action], list[str]]:
    """Do something once, right before the reader does what is named; the list says whether it came to that."""
    real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("open", "scandir", "readlink", "read")}

    def arm(moment: tuple[str, str], action: Action) -> list[str]:
        done: list[str] = []
        descriptors: set[int] = set()

        def strike() -> None:
            if not done:
                done.append("struck")
                action()

        def call(name: str) -> Callable[..., Any]:
            def inner(path: Any, *arguments: Any, **more: Any) -> Any:
                is_it = isinstance(path, str) and os.path.basename(path) == moment[1]  # noqa: PTH119
                if is_it and moment[0] == name:
                    strike()
                result = real[name](path, *arguments, **more)
                if name == "open" and is_it:
                    descriptors.add(result)
                return result

            return inner

        def read(descriptor: int, size: int) -> bytes:
            piece: bytes = real["read"](descriptor, 5 if descriptor in descriptors and not done else size)
            if moment[0] == "read" and descriptor in descriptors:
                strike()
            return piece

        for name in ("open", "scandir", "readlink"):
            monkeypatch.setattr(os, name, call(name))
        monkeypatch.setattr(os, "read", read)
        return done

    return arm


def rewrites_a_file(bay: Bay) -> None:
    (bay.root / "helper.py").write_text(EVIL)


def replaces_a_file_by_a_link(bay: Bay) -> None:
    (bay.folder / "evil.py").write_text(EVIL)
    (bay.root / "link").symlink_to(bay.folder / "evil.py")
    (bay.root / "link").rename(bay.root / "one.py")


def adds_a_file(bay: Bay) -> None:
    (bay.root / "three.py").write_text(EVIL)


def removes_a_file(bay: Bay) -> None:
    (bay.root / "two" / "__init__.py").unlink(missing_ok=True)


def moves_a_folder(bay: Bay) -> None:
    (bay.root / "two").rename(bay.root / "three")


def flips_to_an_unsigned_directory(bay: Bay) -> None:
    evil = bay.made("evil", EVIL)
    for name in MANIFEST_FILES:
        shutil.copy(bay.root / name, evil / name)
    bay.flip(evil)


def flips_to_a_newer_signed_directory(bay: Bay) -> None:
    newer = bay.made("newer", "x = 2\n")
    shutil.copy(bay.root / MANIFEST_FILE, newer)
    bay.sign(newer, serial=2**40)
    bay.flip(newer)


def puts_a_data_link_beside(bay: Bay) -> None:
    bay.made("evil", EVIL)
    (bay.root / "..data").symlink_to(bay.folder / "evil")


def signs_with_another_key(bay: Bay) -> None:
    (bay.root / "helper.py").write_text(EVIL)
    sign_directory(bay.root, Ed25519PrivateKey.generate())


def replaces_the_manifest_alone(bay: Bay) -> None:
    files = contents(bay.root) | {"helper.py": EVIL.encode()}
    (bay.root / MANIFEST_FILE).write_bytes(Manifest.of(2**40, files).encode())


def writes_a_manifest_in_place(bay: Bay) -> None:
    with (bay.root / MANIFEST_FILE).open("r+b") as file:
        file.write(b"{}   \n" * 10)


def empties_the_directory(bay: Bay) -> None:
    shutil.rmtree(bay.root.resolve())
    bay.root.resolve().mkdir()


TRICKS: dict[str, Callable[[Bay], None]] = {
    each.__name__.replace("_", " "): each
    for each in (
        rewrites_a_file, replaces_a_file_by_a_link, adds_a_file, removes_a_file, moves_a_folder,
        flips_to_an_unsigned_directory, flips_to_a_newer_signed_directory, puts_a_data_link_beside,
        signs_with_another_key, replaces_the_manifest_alone, writes_a_manifest_in_place, empties_the_directory,
    )
}  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=" ".join)
@pytest.mark.parametrize("trick", TRICKS)
def test_a_swap_while_the_directory_is_read_admits_nothing_that_was_not_signed(
    bay: Bay, during: Callable[[tuple[str, str], Action], list[str]], trick: str, moment: tuple[str, str]
) -> None:
    assert bay.look_is_safe() == ""
    struck = during(moment, lambda: TRICKS[trick](bay))
    bay.look_is_safe()
    assert struck
    bay.look_is_safe()
    honest = bay.made("honest", "x = 3\n")
    bay.sign(honest, serial=2**41)
    bay.flip(honest)
    assert bay.look_is_safe() == ""
    assert bay.look()[0]["helper.py"] == b"x = 3\n"


#: Files that are laid beside signed ones: ``one.py`` and ``two/__init__.py`` are there.
LOOK_ALIKES = [
    "One.py", "ONE.PY", "one.PY", "one.py ", " one.py", "one .py", "one\u200b.py", "\u202eyp.eno", "\u043ene.py",
    "\uff4f\uff4e\uff45.py", unicodedata.normalize("NFC", "é.py"),
    unicodedata.normalize("NFD", "é.py"), "one.py\n", "one\\.py", "one.pyi",
    "one.pyc", "one.pyw", "one.so", "one.cpython-311-x86_64-linux-gnu.so", "__init__.py", "__main__.py",
    "sitecustomize.py", "conftest.py", "x.pth", "one", "Two/__init__.py", "two/__init__.pyc", "two/Template.yaml",
    "two/__pycache__/__init__.cpython-311.pyc", "__pycache__/one.cpython-311.pyc", "two/plugins.manifest.json",
    "PLUGINS.MANIFEST.JSON", "plugins.manifest.json.py", "plugins.manifest.json~", ".one.py", "..one.py", "one.py~",
    "..data_tmp", "two/..data/__init__.py", "..2026/one.py",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_that_looks_like_a_signed_one_loads_nothing_that_was_not_signed(bay: Bay, name: str) -> None:
    path = bay.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(EVIL)
    bay.look_is_safe()


def test_a_name_that_was_signed_in_one_form_of_unicode_is_not_found_under_the_other(bay: Bay) -> None:
    composed, decomposed = (unicodedata.normalize(form, "é.py") for form in ("NFC", "NFD"))
    (bay.root / composed).write_text("x = 1\n")
    bay.sign()
    assert bay.look_is_safe() == ""
    (bay.root / composed).rename(bay.root / decomposed)
    assert "is not in" in bay.look_is_safe()


def test_a_signed_file_behind_a_link_counts_by_its_bytes_whenever_it_is_read(bay: Bay) -> None:
    outside = bay.folder / "outside.py"
    (bay.root / "helper.py").rename(outside)
    (bay.root / "helper.py").symlink_to(outside)
    assert bay.look_is_safe() == ""
    outside.write_text(EVIL)
    assert "helper.py is changed" in bay.look_is_safe()


def wire(**changes: object) -> bytes:
    made = {"type": "plugin-operator.plugins-manifest/v1", "serial": 2**40, "files": {"one.py": "0" * 64}, **changes}
    return json.dumps(made, indent=2).encode() + b"\n"


MALFORMED: dict[str, bytes] = {
    "files are a list": wire(files=["one.py"]),
    "files are a text": wire(files="one.py"),
    "files are none": wire(files=None),
    "a digest is a number": wire(files={"one.py": 1}),
    "a digest is a list": wire(files={"one.py": ["0" * 64]}),
    "a digest is none": wire(files={"one.py": None}),
    "the serial is a text": wire(serial="7"),
    "the serial is true": wire(serial=True),
    "the serial is a fraction": wire(serial=7.5),
    "the serial is none": wire(serial=None),
    "the serial is too large": wire(serial=2**53),
    "the serial is an exponent": wire().replace(str(2**40).encode(), b"1e12"),
    "the type is none": wire(type=None),
    "the type is of a later version": wire(type="plugin-operator.plugins-manifest/v2"),
    "a field is missing": b'{"serial": 7, "files": {}}\n',
    "a field is twice": wire().replace(b'"serial"', b'"serial": 1,\n  "serial"', 1),
    "it is a list": b"[]\n",
    "it is a number": b"7\n",
    "it is NaN": b"NaN\n",
    "it begins with a byte order mark": b"\xef\xbb\xbf" + wire(),
    "it is UTF-16": wire().decode().encode("utf-16"),
    "it has a NUL": wire() + b"\0",
    "it has another document behind": wire() + wire(),
    "it has a comment": b"// all is well\n" + wire(),
    "it is nested deeply": b'{"files": ' + b'{"a": ' * 50_000,
    "it is as large as a file may be": wire(files={f"{n}.py": "0" * 64 for n in range(11_000)}),
    "it is larger than a file may be": b" " * (MAX_FILE_BYTES + 1),
}


@pytest.mark.parametrize("form", MALFORMED)
def test_a_manifest_of_a_wrong_form_is_refused_though_its_signature_is_good(bay: Bay, form: str) -> None:
    bay.sign_bytes(MALFORMED[form])
    reason = bay.look_is_safe()
    assert reason
    assert len(reason) < 1000
    bay.sign()
    assert bay.look_is_safe() == ""


def all_digests(change: Callable[[str], str]) -> Callable[[Bay], bytes]:
    def make(bay: Bay) -> bytes:
        manifest = Manifest.of(2**40, contents(bay.root))
        changed = {path: change(digest) for path, digest in manifest.digests.items()}
        return Manifest(manifest.serial, changed).encode()

    return make


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda digest: digest[:-1],
        lambda digest: f"sha256:{digest}",
        lambda digest: f" {digest}",
        lambda _: "",
    ],
    ids=["upper case", "cut short", "with the algorithm", "with a blank", "empty"],
)
def test_a_digest_in_another_spelling_matches_nothing(bay: Bay, change: Callable[[str], str]) -> None:
    bay.sign_bytes(all_digests(change)(bay))
    assert "changed since" in bay.look_is_safe()


def malleated(signature: bytes) -> bytes:
    """Return the other number that some readers take for the same signature."""
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    return signature[:32] + s.to_bytes(32, "little")


SIGNATURES: dict[str, Callable[[Bay, bytes], bytes]] = {
    "of another key": lambda bay, content: Ed25519PrivateKey.generate().sign(content),
    "of another manifest": lambda bay, content: bay.key.sign(content + b"\n"),
    "of nothing": lambda bay, content: bay.key.sign(b""),
    "zeros": lambda bay, content: bytes(64),
    "ones": lambda bay, content: b"\xff" * 64,
    "malleated": lambda bay, content: malleated(bay.key.sign(content)),
    "cut short": lambda bay, content: bay.key.sign(content)[:63],
    "too long": lambda bay, content: bay.key.sign(content) + b"\0",
    "in hexadecimal": lambda bay, content: bay.key.sign(content).hex().encode(),
    "empty": lambda bay, content: b"",
    "the public key": lambda bay, content: (bay.folder / "public.pem").read_bytes(),
    "huge": lambda bay, content: bay.key.sign(content) + bytes(MAX_FILE_BYTES),
}


@pytest.mark.parametrize("kind", SIGNATURES)
def test_a_signature_that_is_none_over_these_bytes_admits_nothing(bay: Bay, kind: str) -> None:
    (bay.root / "helper.py").write_text(EVIL)
    content = Manifest.of(2**40, contents(bay.root)).encode()
    bay.sign_bytes(content, SIGNATURES[kind](bay, content))
    assert SIGNATURE_FILE in bay.look_is_safe()


@pytest.mark.parametrize("how", ["files", "git-sync", "kubelet"])
def test_going_back_to_an_older_signed_state_is_refused_however_it_is_done(bay: Bay, how: str) -> None:
    assert bay.look_is_safe() == ""
    older = bay.root.resolve()
    newer = bay.made("newer", "x = 2\n")
    bay.sign(newer, serial=2**40)
    if how == "files":
        kept = {path: (older / path).read_bytes() for path in (*MANIFEST_FILES, "helper.py")}
        for path in kept:
            shutil.copy(newer / path, older / path)
        assert bay.look_is_safe() == ""
        for path, content in kept.items():
            (older / path).write_bytes(content)
    else:
        root = bay.root if how == "git-sync" else bay.folder / "volume"
        if how == "kubelet":
            root.mkdir()
            bay.root = root
            for each in older.iterdir():
                (root / each.name).symlink_to(f"..data/{each.name}")
        for target in (older, newer, older):
            (bay.folder / "flip").symlink_to(target)
            (bay.folder / "flip").rename(root if how == "git-sync" else root / "..data")
            if target is newer or len(bay.signed) > 2:
                assert bay.look_is_safe() == ""
    assert "was accepted before" in bay.look_is_safe()


def test_a_directory_whose_manifest_no_operator_would_read_is_not_signed(
    bay: Bay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin_operator.hosting.signing.sign.MAX_FILE_BYTES", 300)
    before = (bay.root / MANIFEST_FILE).read_bytes()
    with pytest.raises(CannotSign, match="fewer files, or shorter names"):
        bay.sign()
    assert (bay.root / MANIFEST_FILE).read_bytes() == before
