"""Write the answers of Go's regexp: ``python -m tests.goregexp`` (needs Go)."""

import json
import subprocess
from pathlib import Path

from tests.goregexp.questions import PATTERNS, SUBJECTS, TEXT

ANSWERS = Path(__file__).parent / "answers.json"


def main() -> None:
    """Ask Go, and write one line for each pattern."""
    asked = json.dumps({"subjects": SUBJECTS, "text": TEXT, "patterns": PATTERNS})
    judged = subprocess.run(
        ["go", "run", "."], cwd=ANSWERS.parent, input=asked, capture_output=True, text=True, check=True
    )
    answers = json.loads(judged.stdout)
    rows = [json.dumps([pattern, answer]) for pattern, answer in zip(PATTERNS, answers, strict=True)]
    ANSWERS.write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
