"""The suites by their names."""

from tests.conformance.suites import kr8s_specs, official_client
from tests.conformance.suites.controllerruntime import ENTRIES, PackageOfSpecs
from tests.conformance.suites.suite import Suite

SUITES = {
    suite.name: suite
    for suite in (
        *(Suite(f"controllerruntime-{package}", PackageOfSpecs(package, entry)) for package, entry in ENTRIES.items()),
        Suite("kr8s", kr8s_specs.run),
        Suite("kubernetes-client", official_client.run),
    )
}
