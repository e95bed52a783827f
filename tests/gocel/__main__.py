"""Write what kube-apiserver's CEL declares and answers: ``python -m tests.gocel`` (needs Go)."""

import json
import subprocess
from pathlib import Path

from tests.gocel.expressions import EXPRESSIONS
from tests.gocel.rules import QUESTIONS

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"
DECLARATIONS = HERE.parents[1] / "operator/go_cel/checking/functions.tsv"
#: Older names of operators, which no expression can call.
_OLD = ("__not_strictly_false__", "_in_", "in")


def _go(*arguments: str, asked: str = "") -> str:
    command = ["go", "run", ".", *arguments]
    return subprocess.run(command, cwd=HERE, input=asked, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Ask Go, and write one line for each function and question."""
    declared = _go("declarations").splitlines(keepends=True)
    DECLARATIONS.write_text("".join(line for line in declared if line.split("\t")[0] not in _OLD))
    asked = [*({"expression": each} for each in EXPRESSIONS), *QUESTIONS]
    answers = json.loads(_go(asked=json.dumps(asked)))
    for answer in answers:
        answer.pop("type", None)
    ANSWERS.write_text("[\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]\n")


if __name__ == "__main__":
    main()
