"""How the specs of a suite ended, read from the report of its test runner.

The name of a spec is what its runner prints, in one line. Specs of the same name are one: it passed if all did.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a spec ended; ``message`` is empty unless it failed."""

    state: str
    message: str = ""


Outcomes = dict[str, Outcome]


def of_ginkgo(report: Path) -> Outcomes:
    """Read the JSON report of Ginkgo; a failed set-up of the suite is a spec like another."""
    (suite,) = json.loads(report.read_text())
    return _merged((_ginkgo_name(spec), _ginkgo_outcome(spec)) for spec in suite["SpecReports"] if _is_spec(spec))


def _merged(pairs: Iterable[tuple[str, Outcome]]) -> Outcomes:
    found: Outcomes = {}
    for name, outcome in pairs:
        if name not in found or found[name].state == PASSED or outcome.state == FAILED:
            found[name] = outcome
    return found


def _is_spec(spec: dict[str, Any]) -> bool:
    return bool(spec["LeafNodeType"] == "It" or spec["State"] != PASSED)


def _ginkgo_name(spec: dict[str, Any]) -> str:
    texts = [*(spec["ContainerHierarchyTexts"] or ()), spec["LeafNodeText"] or spec["LeafNodeType"]]
    return " > ".join(" ".join(text.split()) for text in texts)


def _ginkgo_outcome(spec: dict[str, Any]) -> Outcome:
    if spec["State"] == PASSED:
        return Outcome(PASSED)
    if spec["State"] in {SKIPPED, "pending"}:
        return Outcome(SKIPPED)
    failure = spec.get("Failure", {})
    return Outcome(FAILED, f"{failure.get('Message', spec['State'])}\n{failure.get('ForwardedPanic', '')}".strip())
