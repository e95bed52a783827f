"""Run suites of other projects on the embedded API server: ``python -m tests.conformance.suites [SUITE...]``.

Each suite has a server of its own. ``--record`` runs it twice on kube-apiserver instead and lists the specs that passed
both times. ``--server real`` compares kube-apiserver with the list. Status 1 says that a listed spec does not pass.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import gotool
from tests.conformance import servers
from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import Outcomes
from tests.conformance.suites.registry import SUITES
from tests.conformance.suites.suite import Suite, faults, passed_in


@contextlib.contextmanager
def started(server: str, folder: Path) -> Iterator[Target]:
    """Start a server of the kind, ``real`` or ``embedded``."""
    folder.mkdir()
    if server == "real":
        with servers.real(gotool.needed("controlplane"), folder) as target:
            yield target
    else:
        with servers.embedded(folder) as target:
            yield target


def run(suite: Suite, server: str, folder: Path, chosen: Sequence[str]) -> Outcomes:
    """Run a suite on a fresh server."""
    with started(server, folder / "server") as target:
        (folder / "suite").mkdir()
        return suite.run(target, folder / "suite", chosen)


def record(suite: Suite, folder: Path) -> str:
    """Write the list of a suite and say how long it is."""
    for name in ("first", "second"):
        (folder / name).mkdir()
    first = run(suite, "real", folder / "first", ())
    second = run(suite, "real", folder / "second", sorted(passed_in(first)))
    suite.record({name: outcome for name, outcome in second.items() if name in passed_in(first)})
    return f"{len(suite.listed())} of {len(first)} specs pass on kube-apiserver"


def check(suite: Suite, server: str, folder: Path) -> tuple[str, list[str]]:
    """Run the listed specs; say how many passed, and what contradicts the list."""
    listed = suite.listed()
    outcomes = run(suite, server, folder, listed)
    return f"{len(passed_in(outcomes) & set(listed))} of {len(listed)} listed specs pass", faults(suite, outcomes)


def main() -> int:
    """Run, compare or record."""
    parser = argparse.ArgumentParser(description="Run suites of other projects on an API server.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"one of {', '.join(SUITES)}")
    parser.add_argument("--server", choices=("embedded", "real"), default="embedded")
    parser.add_argument("--record", action="store_true", help="list what passes on kube-apiserver")
    parser.add_argument("--keep", type=Path, help="a folder for logs and reports, which stay")
    arguments = parser.parse_args()
    unknown = set(arguments.suites) - SUITES.keys()
    if unknown:
        parser.error(f"no suite is called {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    failed = False
    for name in arguments.suites or [suite.name for suite in SUITES.values() if not suite.by_hand]:
        began = time.monotonic()
        found: list[str] = []
        with contextlib.ExitStack() as stack:
            folder = arguments.keep and arguments.keep / f"{name}-{os.getpid()}"
            folder = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            folder.mkdir(parents=True, exist_ok=True)
            if arguments.record:
                line = record(SUITES[name], folder)
            else:
                line, found = check(SUITES[name], arguments.server, folder)
        sys.stdout.write("".join(f"{name}: {fault}\n" for fault in found))
        sys.stdout.write(f"{name}: {line} in {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
