"""The tests of kr8s, which its wheel carries; the version is pinned with the other tools of the tests."""

import sys
from collections.abc import Sequence
from importlib import util
from pathlib import Path

from tests.conformance.differential.targets import Target
from tests.conformance.suites.outcomes import Outcomes
from tests.conformance.suites.pytest_specs import PytestSpecs

#: Modules whose specs ask a server.
MODULES = ("test_api", "test_auth", "test_objects")


def run(target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
    """Run the chosen specs, or all."""
    found = util.find_spec("kr8s")
    assert found is not None
    assert found.origin is not None
    specs = PytestSpecs(
        Path(sys.executable), Path(found.origin).parents[1], [f"kr8s/tests/{name}.py" for name in MODULES],
        plugins=("pytest_timeout", "pytest_asyncio.plugin", "kr8s_cluster"), options={"asyncio_mode": "auto"},
    )  # fmt: skip
    return specs.run(target.kubeconfig, folder, chosen)
