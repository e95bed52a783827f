"""Specs that pytest runs, in an interpreter and with plugins of their own."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.suites.outcomes import Outcome, Outcomes

STAND_INS = Path(__file__).parent / "stand_ins"
#: A spec may wait without end for a pod that nothing starts.
SPEC_SECONDS = 10
DEADLINE_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class PytestSpecs:
    """The specs in ``paths`` below ``root``.

    Attributes:
        python: the interpreter with everything that they import.
        plugins: plugins of pytest; others that are installed stay away.
        options: settings of pytest.
    """

    python: Path
    root: Path
    paths: Sequence[str]
    plugins: Sequence[str] = ("pytest_timeout",)
    options: Mapping[str, str] = field(default_factory=dict)

    def run(self, kubeconfig: Path, folder: Path, chosen: Sequence[str]) -> Outcomes:
        """Run the chosen specs, or all, with scratch files in ``folder``."""
        report = folder / "report.json"
        environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": str(folder), "TMPDIR": str(folder)}
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "SPECS_REPORT": str(report)}
        environment["PYTHONPATH"] = os.pathsep.join([str(STAND_INS), str(self.root)])
        if chosen:
            (folder / "chosen").write_text("\n".join(chosen))
            environment["SPECS_CHOSEN"] = str(folder / "chosen")
        command = [str(self.python), "-m", "pytest", "-c", os.devnull, "--rootdir", str(self.root), "-q", "--tb=short"]
        command += ["--import-mode=importlib"]
        for plugin in ("specs", *self.plugins):
            command += ["-p", plugin]
        for name, value in {"timeout": str(SPEC_SECONDS), "cache_dir": str(folder / "cache"), **self.options}.items():
            command += ["-o", f"{name}={value}"]
        with (folder / "log").open("wb") as log:
            subprocess.run(
                [*command, *self.paths], cwd=self.root, env=environment, stdout=log, stderr=subprocess.STDOUT,
                check=False, timeout=DEADLINE_SECONDS,
            )  # fmt: skip
        ends = json.loads(report.read_text())
        return {name: Outcome(state, message) for name, (state, message) in ends.items()}
