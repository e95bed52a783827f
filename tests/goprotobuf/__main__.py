"""Write a digest of what Go makes of each object: ``python -m tests.goprotobuf`` (needs Go)."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.goprotobuf.objects import objects

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"


def digest(message: bytes) -> str:
    """Return what is compared of a message."""
    return hashlib.sha256(message).hexdigest()[:16]


def ask_go(asked: list[dict[str, Any]]) -> list[bytes | None]:
    """Return the protobuf of each object, None where Go cannot make it."""
    command = ["go", "run", "."]
    # Go keeps the bytes of what has no type, such as a default of a schema.
    text = json.dumps(asked, separators=(",", ":"), ensure_ascii=False)
    ended = subprocess.run(command, cwd=HERE, input=text, capture_output=True, text=True, check=True)
    return [base64.b64decode(each["protobuf"]) if "protobuf" in each else None for each in json.loads(ended.stdout)]


def main() -> None:
    """Ask Go, and write one line for each object: its kind, and the digest."""
    asked = list(objects())
    lines = [
        json.dumps([f"{obj['apiVersion']} {obj['kind']}", digest(found) if found is not None else ""])
        for obj, found in zip(asked, ask_go(asked), strict=True)
    ]
    ANSWERS.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
