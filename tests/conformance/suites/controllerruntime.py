"""The specs of controller-runtime, compiled by ``tests/gotools/build.py`` and run on an existing cluster.

They run in the folder of their package among the sources, where their custom resource definitions are.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import gotool
from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import Outcomes, of_ginkgo
from tests.gotools import build

#: Ginkgo shuffles the containers of a suite by its seed.
SEED = 1
DEADLINE_SECONDS = 900


@dataclass(frozen=True, slots=True)
class PackageOfSpecs:
    """The specs of a package of controller-runtime; its Go test ``entry`` runs them all."""

    package: str
    entry: str

    @property
    def program(self) -> str:
        """The name of its program."""
        return f"controllerruntime-{self.package}"

    def __call__(self, target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
        """Run every spec: to choose some saves no time."""
        program = build.PROGRAMS[self.program]
        report = folder / "report.json"
        command = [gotool.needed(self.program), f"-test.run=^{self.entry}$", f"-test.timeout={DEADLINE_SECONDS}s"]
        command += [f"-ginkgo.seed={SEED}", f"-ginkgo.timeout={DEADLINE_SECONDS}s", f"-ginkgo.json-report={report}"]
        environment = {**os.environ, "USE_EXISTING_CLUSTER": "true", "KUBECONFIG": str(target.kubeconfig)}
        environment |= {"HOME": str(folder), "TMPDIR": str(folder)}
        with (folder / "log").open("wb") as log:
            subprocess.run(
                command, cwd=build.module_folder(program) / program.package, env=environment, stdout=log,
                stderr=subprocess.STDOUT, check=False, timeout=DEADLINE_SECONDS + 60,
            )  # fmt: skip
        return of_ginkgo(report)


ENTRIES = {
    "client": "TestClient", "cache": "TestSource", "manager": "TestSource", "controller": "TestSource",
    "builder": "TestBuilder", "recorder": "TestRecorder",
}  # fmt: skip
