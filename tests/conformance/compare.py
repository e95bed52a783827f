"""Compare two running API servers by hand.

``python -m tests.conformance.compare REAL_KUBECONFIG EMBEDDED_KUBECONFIG [-k WORD] [--out FILE]``.

Prints every difference, the deliberate ones marked; with one kubeconfig only, prints what that server answers. The same
cases run as tests under ``make conformance``; this is the tool for working on a server.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.differential.cases import CASES
from tests.conformance.differential.comparing import Difference, compare
from tests.conformance.differential.deliberate import DELIBERATE
from tests.conformance.differential.documenting import page
from tests.conformance.differential.language import Case
from tests.conformance.differential.playing import Outcome, new_word, play
from tests.conformance.differential.targets import Target, read_kubeconfig


async def differences(case: Case, real: Target, embedded: Target) -> list[Difference]:
    """Play a case on both servers at once and compare."""
    left, right = await asyncio.gather(play(case, real, new_word()), play(case, embedded, new_word()))
    return compare(case.name, left, right)


async def run(arguments: argparse.Namespace) -> list[str]:
    """Return the report's lines."""
    targets = [read_kubeconfig(path) for path in arguments.kubeconfigs]
    lines: list[str] = []
    everything: list[Difference] = []
    different = 0
    for case in CASES:
        if arguments.k not in case.name:
            continue
        if len(targets) == 1:
            lines += _answers(case, await play(case, targets[0], new_word()))
            continue
        found = await differences(case, *targets)
        unlisted = [difference for difference in found if not any(entry.covers(difference) for entry in DELIBERATE)]
        different += bool(unlisted)
        everything += unlisted
        sys.stderr.write("D" if unlisted else ".")
        sys.stderr.flush()
        lines += [f"\n## {case.name}: {len(unlisted)} differences", *map(str, unlisted)] if unlisted else []
    if len(targets) == 1:
        return lines
    return [f"# {different} of {len(CASES)} cases differ", *_summary(everything), *lines]


def _summary(found: Sequence[Difference]) -> list[str]:
    """Return what differs most often, so that one cause shows as one line."""
    kinds = Counter((re.sub(r"\[\d+\]", "[]", d.path), _short(d.real), _short(d.embedded)) for d in found)
    return [
        f"{count:4} x {path}: real {real}, embedded {embedded}"
        for (path, real, embedded), count in kinds.most_common(60)
        if count > 1
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 70 else f"{text[:67]}..."


def _answers(case: Case, outcomes: Sequence[Outcome]) -> list[str]:
    lines = [f"\n## {case.name}"]
    for outcome in outcomes:
        lines += [f"### {outcome.label}", json.dumps(outcome.value, ensure_ascii=False)]
    return lines


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kubeconfigs", nargs="*", type=Path, help="the real server's, then the embedded one's")
    parser.add_argument("-k", default="", help="only cases with this in their name")
    parser.add_argument("--out", type=Path, help="write here instead of to standard output")
    parser.add_argument("--page", action="store_true", help="print docs/conformance.md and do nothing else")
    arguments = parser.parse_args()
    if arguments.page == bool(arguments.kubeconfigs):
        parser.error("name one or two kubeconfigs, or --page")
    text = page() if arguments.page else "\n".join(asyncio.run(run(arguments))) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
