"""The specs of controller-runtime's client pass on the embedded server; ``make conformance-suites`` runs the others."""

from pathlib import Path

import pytest

from tests import gotool
from tests.conformance import servers
from tests.conformance.suites.registry import SUITES
from tests.conformance.suites.suite import faults


@pytest.mark.timeout(300)
def test_the_client_of_controller_runtime_passes_what_it_passes_on_kube_apiserver(tmp_path: Path) -> None:
    suite = SUITES["controllerruntime-client"]
    gotool.wanted(suite.name)
    (tmp_path / "server").mkdir()
    with servers.embedded(tmp_path / "server") as target:
        found = faults(suite, suite.run(target, tmp_path, suite.listed()))

    if found:
        pytest.fail("\n".join(found), pytrace=False)
