"""``python -m bench``: measure all peers in one run, print the table, write the JSON."""

import argparse
import sys
from importlib import metadata
from pathlib import Path

from rich.console import Console

from bench import peers
from bench.measure import Outcome, PeerFailed, Plan, measure
from bench.peers.peer import Peer
from bench.processes import ROOT, LoadServer
from bench.report import Results, print_table, write_json


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ", ".join(peer.name for peer in peers.ALL)
    parser.add_argument("--objects", type=int, default=10_000, help="ConfigMaps that exist (default: %(default)s)")
    parser.add_argument("--events", type=int, default=50_000, help="changes in the burst (default: %(default)s)")
    parser.add_argument("--size", type=int, default=1200, help="bytes of one object (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="interleaved repetitions (default: %(default)s)")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one phase (default: %(default)s)")
    parser.add_argument(
        "--peer",
        action="append",
        choices=[each.name for each in peers.ALL],
        metavar="NAME",
        help=f"measure only this one; may be repeated; of: {names}",
    )
    parser.add_argument("--json", type=Path, default=ROOT / "bench" / "results" / "latest.json", help="where to write")
    return parser.parse_args()


def _present(chosen: list[str] | None, absent: dict[str, str]) -> dict[str, tuple[Peer, str]]:
    """Return the peers to measure with their versions; note in ``absent`` those that are not installed."""
    found: dict[str, tuple[Peer, str]] = {}
    for peer in peers.ALL:
        if chosen and peer.name not in chosen:
            continue
        try:
            found[peer.name] = (peer, peer.version())
        except (metadata.PackageNotFoundError, OSError) as error:
            absent[peer.name] = f"not installed: {error}"
    return found


def main() -> int:
    """Run; the exit status is 1 if a peer failed. One that is not installed is named in the output and no failure."""
    arguments = _arguments()
    console = Console() if sys.stdout.isatty() else Console(width=160)
    progress = Console(stderr=True)
    plan = Plan(arguments.objects, arguments.events, arguments.size, arguments.timeout)
    absent: dict[str, str] = {}
    present = _present(arguments.peer, absent)
    outcomes: dict[str, list[Outcome]] = {}
    failed = False
    with LoadServer() as server:
        for repetition in range(arguments.repeat):
            for name, (peer, version) in present.items():
                if name in absent:
                    continue
                progress.print(f"{repetition + 1}/{arguments.repeat} {name} {version}", highlight=False)
                try:
                    outcomes.setdefault(name, []).append(measure(peer, server, plan))
                except PeerFailed as failure:
                    outcomes.pop(name, None)
                    absent[name] = str(failure)
                    failed = True
    versions = {name: version for name, (_, version) in present.items()}
    results = Results(plan, versions, outcomes, absent)
    if outcomes:
        print_table(results, console)
        write_json(results, arguments.json)
        console.print(f"written to {arguments.json}", highlight=False)
    else:
        console.print(f"nothing could be measured: {absent}", markup=False)
    return 1 if failed or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
