"""``python -m bench``: measure all peers in one run, print the table, write the JSON."""

import argparse
import sys
import time
from importlib import metadata
from pathlib import Path

from rich.console import Console

from bench import peers
from bench.kube_apiserver import KubeApiserver
from bench.life import PeerFailed
from bench.load_server import LoadServer
from bench.measure import Runner
from bench.peers.peer import Peer
from bench.processes import ROOT
from bench.report import print_table
from bench.results import Results
from bench.scenarios import FULL, PROCESSES, QUICK, Scenario

_NAMES = list(dict.fromkeys(name for each in FULL for name in (each.group, each.name) if name))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rows and smaller loads, one repetition")
    parser.add_argument("--peer", action="append", choices=[each.name for each in peers.ALL], help="only this one")
    parser.add_argument("--scenario", action="append", choices=_NAMES, help="only this one")
    parser.add_argument("--repeat", type=int, help="interleaved repetitions (default: as the scenario says)")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one phase (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="where to write (default: bench/results/latest.json or quick.json)")
    return parser.parse_args()


def _present(chosen: list[str] | None, results: Results) -> list[Peer]:
    """Return the peers to measure, and note versions and those that are not installed."""
    found = []
    for peer in peers.ALL:
        if chosen and peer.name not in chosen:
            continue
        try:
            results.versions[peer.name] = peer.version()
        except (metadata.PackageNotFoundError, OSError) as error:
            results.absent[peer.name] = f"not installed: {error}"
        else:
            found.append(peer)
    return found


def _measure(scenario: Scenario, present: list[Peer], runner: Runner, results: Results, repeat: int | None) -> bool:
    """Measure the scenario's peers in turn; return whether all got through."""
    progress = Console(stderr=True, highlight=False)
    results.scenarios[scenario.name] = scenario.title
    failed: set[str] = set()
    repeat = repeat or scenario.repeat
    for repetition in range(repeat):
        for peer in present:
            if peer.name in failed or (scenario.peers and peer.name not in scenario.peers):
                continue
            began = time.monotonic()
            try:
                results.add(scenario.name, peer.name, runner.measure(peer, scenario))
            except PeerFailed as failure:
                failed.add(peer.name)
                results.absent[f"{peer.name}, {scenario.name}"] = str(failure)
            progress.print(f"{scenario.name} {repetition + 1}/{repeat} {peer.name}: {time.monotonic() - began:.0f} s")
    return not failed


def main() -> int:
    """Run; the exit status is 1 if a peer failed. One that is not installed is named in the output and no failure."""
    arguments = _arguments()
    scenarios = [
        each for each in (QUICK if arguments.quick else FULL)
        if not arguments.scenario or {each.name, each.group} & {*arguments.scenario}
    ]  # fmt: skip
    results = Results()
    present = _present(arguments.peer, results)
    done = []
    with LoadServer() as server:
        runner = Runner(server, arguments.timeout)
        feigned = [each for each in scenarios if not each.real]
        done += [_measure(each, present, runner, results, arguments.repeat) for each in feigned]
    for scenario in [each for each in scenarios if each.real]:
        try:
            real = KubeApiserver()
        except OSError as error:
            results.absent[scenario.title] = str(error)
            continue
        with real:
            done.append(_measure(scenario, present, Runner(real, arguments.timeout), results, arguments.repeat))
    results.derive(scenarios)
    # A run of this group alone fills its own page, and must not replace the table of all others.
    name = "quick" if arguments.quick else PROCESSES if arguments.scenario == [PROCESSES] else "latest"
    path = arguments.json or ROOT / "bench" / "results" / f"{name}.json"
    results.write(path)
    console = Console() if sys.stdout.isatty() else Console(width=200)
    print_table(results, console)
    console.print(f"written to {path}", highlight=False)
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
