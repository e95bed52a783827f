"""Send random mutations to both API servers and print what differs: ``python -m tests.conformance.mutations``."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests import gotool
from tests.conformance import servers
from tests.conformance.differential.targets import Target
from tests.conformance.mutations.excused import excuse
from tests.conformance.mutations.kinds import Kind, builtin, custom
from tests.conformance.mutations.playing import Found, play_all, prepare, with_panics
from tests.conformance.mutations.reporting import report
from tests.conformance.mutations.units import Unit, units


def main(words: Sequence[str] | None = None) -> int:
    """Parse, run, print; the exit status is 1 where a difference has no excuse."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what decides every mutation (default: 1)")
    parser.add_argument("--mutations", type=int, default=10_000, help="how many requests are mutated (default: 10000)")
    parser.add_argument("--kind", default="", metavar="PLURAL", help="only this kind, such as deployments")
    parser.add_argument("--out", type=Path, help="write the report here instead of to standard output")
    arguments = parser.parse_args(words)
    kinds = [kind for kind in (*builtin(), *custom()) if arguments.kind in ("", kind.plural)]
    if not kinds:
        parser.error(f"--kind {arguments.kind}: no kind with this plural can be created")
    binary = gotool.cached("controlplane")
    if binary is None:
        parser.error(gotool.way_out("controlplane"))
    drawn = units(kinds, arguments.seed, arguments.mutations)
    begin = time.monotonic()
    found = run(binary, kinds, drawn)
    text = "\n".join([*report(drawn, found), f"\n{time.monotonic() - begin:.0f} seconds, seed {arguments.seed}", ""])
    if arguments.out:
        arguments.out.write_text(text)
    else:
        sys.stdout.write(text)
    return 1 if any(excuse(each) is None for each in found) else 0


def run(binary: str, kinds: list[Kind], drawn: list[Unit]) -> list[Found]:
    """Start both servers, send the units and return what differs."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        places = [Path(folder, name) for name in ("real", "embedded")]
        for place in places:
            place.mkdir()
        with servers.real(binary, places[0]) as real, servers.embedded(places[1]) as embedded:
            found = asyncio.run(_sent(real, embedded, kinds, drawn))
        return with_panics(found, (places[0] / "log").read_text(errors="replace"))


async def _sent(real: Target, embedded: Target, kinds: list[Kind], drawn: list[Unit]) -> list[Found]:
    await prepare([real, embedded], kinds)
    return await play_all(real, embedded, drawn)


if __name__ == "__main__":
    sys.exit(main())
