#!/usr/bin/env python3
"""Compare two running API servers by hand: ``compare.py REAL_KUBECONFIG EMBEDDED_KUBECONFIG [-k WORD] [--out FILE]``.

Prints every difference, the deliberate ones marked; with one kubeconfig only, prints what that server answers. The same
cases run as tests under ``make conformance``; this is the tool for working on a server.
"""

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from differential.cases import CASES
from differential.comparing import Difference, compare
from differential.deliberate import DELIBERATE
from differential.language import Case
from differential.playing import Outcome, Target, play
from differential.targets import target_from_kubeconfig


def new_word() -> str:
    """Return a word that names one play's objects on a server."""
    return "w" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))


async def differences(case: Case, real: Target, embedded: Target) -> list[Difference]:
    """Play a case on both servers at once and compare."""
    left, right = await asyncio.gather(play(case, real, new_word()), play(case, embedded, new_word()))
    return compare(case.name, left, right)


async def run(arguments: argparse.Namespace) -> list[str]:
    """Return the report's lines."""
    targets = [target_from_kubeconfig(path) for path in arguments.kubeconfigs]
    lines: list[str] = []
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
        print("." if not unlisted else "D", end="", flush=True, file=sys.stderr)
        lines += [f"\n## {case.name}: {len(unlisted)} differences", *map(str, unlisted)] if unlisted else []
    return [f"# {different} of {len(CASES)} cases differ", *lines] if len(targets) > 1 else lines


def _answers(case: Case, outcomes: Sequence[Outcome]) -> list[str]:
    lines = [f"\n## {case.name}"]
    for outcome in outcomes:
        lines += [f"### {outcome.label}", json.dumps(outcome.value, ensure_ascii=False)]
    return lines


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kubeconfigs", nargs="+", type=Path, help="the real server's, then the embedded one's")
    parser.add_argument("-k", default="", help="only cases with this in their name")
    parser.add_argument("--out", type=Path, help="write here instead of to standard output")
    arguments = parser.parse_args()
    text = "\n".join(asyncio.run(run(arguments))) + "\n"
    if arguments.out:
        arguments.out.write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
