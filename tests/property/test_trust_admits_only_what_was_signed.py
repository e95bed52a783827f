"""Whatever is done to a signed directory: it is admitted only as it was signed, and never does a look raise."""

import contextlib
import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal.core import DataObject

from plugin_operator.hosting.scan.snapshot import Directory
from plugin_operator.hosting.scan.tree import Stamp, Tree, TreeFile
from plugin_operator.hosting.signing.keys import encode_signature
from plugin_operator.hosting.signing.manifest import MANIFEST_FILE, SIGNATURE_FILE, Manifest, Untrusted
from plugin_operator.hosting.signing.verifier import Verifier

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8)
RESERVED = {MANIFEST_FILE, SIGNATURE_FILE}
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join).filter(lambda path: path not in RESERVED)
FILES = st.dictionaries(PATHS, st.binary(max_size=20), max_size=5)

KEY = Ed25519PrivateKey.generate()
STAMP = Stamp.of(os.stat_result((stat.S_IFREG, *range(9))))


def tree_of(files: dict[str, bytes]) -> Tree:
    return Tree(Directory.OK, files={path: TreeFile(content, STAMP, False, False) for path, content in files.items()})


def signed(files: dict[str, bytes], serial: int = 7) -> dict[str, bytes]:
    content = Manifest.of(serial, files).encode()
    return files | {MANIFEST_FILE: content, SIGNATURE_FILE: encode_signature(KEY.sign(content))}


def flipped(content: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[at % len(content)] ^= 1 << bit
    return bytes(changed)


@given(FILES)
def test_every_manifest_is_read_as_it_was_written(files: dict[str, bytes]) -> None:
    manifest = Manifest.of(7, files)
    assert Manifest.decode(manifest.encode()) == manifest
    manifest.compare(files)


@settings(deadline=None)
@given(before=FILES, after=FILES, data=st.data())
def test_a_directory_is_admitted_exactly_as_it_was_signed(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], after: dict[str, bytes], data: DataObject
) -> None:
    key_file = tmp_path_factory.getbasetemp() / "public.pem"
    key_file.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    found = signed(before)
    assert Verifier(key_file).admit(tree_of(found)) == ""
    altered = (
        found | after if data.draw(st.booleans()) else signed(before) | {MANIFEST_FILE: signed(after)[MANIFEST_FILE]}
    )
    path = data.draw(st.sampled_from(sorted(altered)))
    match data.draw(st.sampled_from(["keep", "drop", "flip"])):
        case "drop":
            del altered[path]
        case "flip" if altered[path]:
            altered[path] = flipped(altered[path], data.draw(st.integers(0, 10_000)), data.draw(st.integers(0, 7)))
    # The last character of a signature's base64 has bits that mean nothing; all else must be as it was.
    same = {**altered, SIGNATURE_FILE: b""} == {**found, SIGNATURE_FILE: b""} and SIGNATURE_FILE in altered
    reason = Verifier(key_file).admit(tree_of(altered))
    assert same or reason
    assert reason or Manifest.decode(altered[MANIFEST_FILE]).digests.keys() == before.keys()


@given(st.binary(max_size=200))
def test_no_bytes_make_a_manifest_raise_anything_else(content: bytes) -> None:
    with contextlib.suppress(Untrusted):
        assert Manifest.decode(content).encode() == content
