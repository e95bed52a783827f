"""The tests of the official Python client that ask a server: those of its dynamic client, of both its halves.

The wheel carries them. It is installed apart, in the environment of ``SUITES_PYTHON``.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import Outcomes
from tests.conformance.suites.pytest_specs import PytestSpecs

MODULES = ("dynamic/test_client", "dynamic/test_discovery", "aio/dynamic/client_test", "aio/dynamic/discovery_test")
_WHERE = "import kubernetes; print(kubernetes.__file__)"


def run(target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
    """Run the chosen specs, or all.

    Raises:
        RuntimeError: the environment is not named.
    """
    if "SUITES_PYTHON" not in os.environ:
        raise RuntimeError("SUITES_PYTHON names no interpreter with the official client: run make conformance-suites")
    python = Path(os.environ["SUITES_PYTHON"])
    where = subprocess.run([python, "-c", _WHERE], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    paths = [f"kubernetes/{name}.py" for name in MODULES]
    specs = PytestSpecs(
        python, Path(where.strip()).parents[1], paths, plugins=("pytest_timeout", "official_client"),
        options={"timeout": "60"},
    )  # fmt: skip
    return specs.run(target.kubeconfig, folder, chosen)
