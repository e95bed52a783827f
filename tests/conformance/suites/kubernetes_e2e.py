"""Kubernetes' own end-to-end specs of sig-api-machinery, as far as they need no Pod and no controller that is absent.

Each spec has a process of its own, which is interrupted at its deadline: many wait without end for what never comes.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests import gotool
from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import Outcome, Outcomes, of_ginkgo

PROGRAM = "kubernetes-e2e"
SPEC_SECONDS = 150
#: Specs wait for most of their time. Those that are named serial run alone.
WORKERS = 4
_SERIAL = "[Serial]"
_GROUP = "[sig-api-machinery]"
_LISTED = re.compile(rf"^ +\S+:\d+: ({re.escape(_GROUP)} .+)$", re.MULTILINE)

#: How many specs the group has in the pinned version, and how many of them are possible.
SPECS, POSSIBLE = 188, 106
#: What is in the names of the specs that are left out, and what they need.
NEEDS: Mapping[str, str] = {
    "AdmissionWebhook": "a webhook in a Pod",
    "ConversionWebhook": "a webhook in a Pod",
    "CustomResourceFieldSelectors": "a webhook in a Pod",
    "Aggregator": "an API server in a Pod",
    "Aggregated APIServer": "an API server in a Pod",
    "sample-apiserver": "an API server in a Pod",
    "Garbage collector should delete pods": "the controller of a workload",
    "Garbage collector should delete RS": "the controller of a workload",
    "Garbage collector should delete jobs": "the controller of a workload",
    "Garbage collector should orphan": "the controller of a workload",
    "Garbage collector should keep the rc": "the controller of a workload",
    "Garbage collector should not delete dependents": "the controller of a workload",
    "OrderedNamespaceDeletion": "a Pod that runs",
    "all pods are removed": "a Pod that runs",
    "all services are removed": "the controller of service accounts",
    "Generated clientset should create pods": "a Pod that runs",
    "metadata details across all namespaces for nodes": "a node",
    "should verify ResourceQuota": "the controller of quotas",
    "should create a ResourceQuota": "the controller of quotas",
    "resourcequota status": "the controller of quotas",
    "should type check": "the controller of the status of policies",
    "CoordinatedLeaderElection": "a feature that is off",
    "StorageVersionAPI": "a feature that is off",
    "always delete fast": "a feature that is off",
    "Disruptive": "a machine to restart a server on",
    "compacted away": "ten minutes, until kube-apiserver compacts",
}


_POLICIES = "the server stores mutating policies and evaluates none"
_DIFFERS: Mapping[str, str] = {
    "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment [Conformance]": _POLICIES,
    "MutatingAdmissionPolicy [Privileged:ClusterAdmin] should mutate a Deployment with annotations [Conformance]": (
        _POLICIES
    ),
    "API priority and fairness should ensure that requests can be classified by adding FlowSchema and "
    "PriorityLevelConfiguration": "the server neither queues nor classifies requests",
    "health handlers should contain necessary checks": "the checks have the names of kube-apiserver's own hooks",
}
#: The specs that the embedded server does not pass, and why.
DIFFERS = {f"{_GROUP} {name}": why for name, why in _DIFFERS.items()}


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of some specs against a server, with scratch files in ``folder``."""

    program: str
    target: Target
    folder: Path

    def outcomes(self, names: Sequence[str]) -> Outcomes:
        """Run the specs: those that are serial after the others."""
        places = {name: self.folder / str(number) for number, name in enumerate(names)}
        found: Outcomes = {}
        for workers, serial in ((WORKERS, False), (1, True)):
            chosen = [name for name in names if (_SERIAL in name) == serial]
            with ThreadPoolExecutor(workers) as pool:
                ends = pool.map(self._outcome, chosen, [places[name] for name in chosen])
                found.update(zip(chosen, ends, strict=True))
        return found

    def _outcome(self, name: str, folder: Path) -> Outcome:
        folder.mkdir()
        report = folder / "report.json"
        command = [self.program, f"--kubeconfig={self.target.kubeconfig}", "--provider=local"]
        command += ["--e2e-verify-service-account=false", "--allowed-not-ready-nodes=-1", f"--e2e-output-dir={folder}"]
        command += [f"--kubectl-path={Path(sys.executable).with_name('kubectl')}", "--ginkgo.seed=1"]
        command += [f"--ginkgo.timeout={SPEC_SECONDS}s", "--ginkgo.grace-period=10s", "--ginkgo.no-color"]
        command += [f"--ginkgo.focus={exactly(name)}", f"--ginkgo.json-report={report}"]
        environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder)}
        with (folder / "log").open("wb") as log:
            subprocess.run(
                command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False,
                timeout=SPEC_SECONDS + 60,
            )  # fmt: skip
        ended = {" ".join(text.replace(" > ", " ").split()): outcome for text, outcome in of_ginkgo(report).items()}
        return ended[name]


def run(target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
    """Run the chosen specs, or all that ``NEEDS`` leaves.

    Raises:
        RuntimeError: there are not as many as the docs say.
    """
    program = gotool.needed(PROGRAM)
    if not chosen:
        every = every_spec(program)
        chosen = possible(every)
        if (len(every), len(chosen)) != (SPECS, POSSIBLE):
            raise RuntimeError(
                f"{len(chosen)} of {len(every)} specs are possible: set SPECS and POSSIBLE in {__file__}"
            )
    return _Run(program, target, folder).outcomes(chosen)


def every_spec(program: str) -> list[str]:
    """Return the names of all specs of the group."""
    ended = subprocess.run([program, "--list-tests"], check=True, capture_output=True, text=True, timeout=60)
    return sorted({" ".join(name.split()) for name in _LISTED.findall(ended.stdout)})


def possible(names: Sequence[str]) -> list[str]:
    """Return the specs that ``NEEDS`` does not leave out."""
    return [name for name in names if not any(part in name for part in NEEDS)]


def exactly(name: str) -> str:
    """Return a pattern in Go's syntax that matches this spec alone."""
    return re.sub(r"([^\w ])", r"\\\1", name) + "$"
