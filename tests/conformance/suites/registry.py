"""The suites by their names."""

from tests.conformance.suites import kr8s_specs, kubernetes_e2e, official_client
from tests.conformance.suites.controllerruntime import ENTRIES, PackageOfSpecs
from tests.conformance.suites.suite import Suite

SUITES = {
    suite.name: suite
    for suite in (
        *(Suite(f"controllerruntime-{package}", PackageOfSpecs(package, entry)) for package, entry in ENTRIES.items()),
        Suite("kr8s", kr8s_specs.run),
        Suite("kubernetes-client", official_client.run),
        Suite(kubernetes_e2e.PROGRAM, kubernetes_e2e.run, kubernetes_e2e.DIFFERS, by_hand=True),
    )
}
