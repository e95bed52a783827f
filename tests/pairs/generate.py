#!/usr/bin/env python3
"""Write the definitions of the Go types beside this file, with the pinned controller-gen: ``make pairs``.

The definitions are committed, so that tests need no Go. With them comes a digest of all that they are made from; a test
fails while it is stale. Needs nothing but Python and Go.
"""

import hashlib
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "go"
OUTPUT = HERE / "crds"
DIGEST = OUTPUT / "made-from.sha256"
COMMAND = [
    "go", "tool", "controller-gen", "crd:allowDangerousTypes=true,maxDescLen=0", "paths=./...",
    "output:crd:dir=../crds",
]  # fmt: skip


def digest() -> str:
    """Return the digest of the Go types, the pins and the command."""
    found = hashlib.sha256(" ".join(COMMAND).encode())
    for path in sorted([*SOURCES.rglob("*.go"), SOURCES / "go.mod", SOURCES / "go.sum"]):
        found.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def main() -> None:
    """Generate all again; a definition whose type is gone goes too."""
    for old in OUTPUT.glob("*.yaml"):
        old.unlink()
    subprocess.run(COMMAND, cwd=SOURCES, check=True, env={**os.environ, "CGO_ENABLED": "0"})
    DIGEST.write_text(digest() + "\n")


if __name__ == "__main__":
    main()
