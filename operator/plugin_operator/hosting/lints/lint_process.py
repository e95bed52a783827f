"""The process that runs the lints; it runs nothing of a plugin."""

import sys
from typing import Any

from plugin_operator.hosting.inspection import parser
from plugin_operator.hosting.lints.registry import functions_of, lint

#: The questions about a file.
LINT, FUNCTIONS = "lint", "functions"
#: Parsing takes a hundred levels at most, each of them some frames.
_RECURSION_LIMIT = 20_000
_TOO_DEEP = "is nested too deeply for the lints: split it"
_TOO_LARGE = "takes more than {} MiB of memory in the lints: split it, or keep its data in a file beside it"


def main() -> None:
    """Serve requests on standard input until it is closed; the arguments are the limits."""
    sys.setrecursionlimit(_RECURSION_LIMIT)
    memory_bytes, processor_seconds = map(int, sys.argv[1:3])

    def answer_to(content: bytes, question: str, *about: Any) -> dict[str, Any]:
        try:
            if question == FUNCTIONS:
                return {"functions": functions_of(content, *about)}
            found = lint(content, *about)
        except RecursionError:
            return {"rejection": _TOO_DEEP}
        except MemoryError:
            return {"rejection": _TOO_LARGE.format(memory_bytes // 2**20)}
        return {"found": [(rule, severity, tuple(place)) for rule, severity, place in found]}

    parser.serve(answer_to, memory_bytes, processor_seconds)
