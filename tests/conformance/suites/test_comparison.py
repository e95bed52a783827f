"""The outcomes of a suite are read as its runner reports them, and compared with its list."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.differential.targets import Target
from tests.conformance.suites import suite
from tests.conformance.suites.outcomes import Outcome, Outcomes, of_ginkgo
from tests.conformance.suites.pytest_specs import PytestSpecs
from tests.conformance.suites.registry import SUITES
from tests.conformance.suites.suite import Suite, faults

PASSED = Outcome("passed")


def spec(state: str, *texts: str, kind: str = "It", **more: Any) -> dict[str, Any]:
    *containers, leaf = texts
    return {
        "ContainerHierarchyTexts": containers, "LeafNodeText": leaf, "LeafNodeType": kind, "State": state, **more
    }  # fmt: skip


def read_ginkgo(folder: Path, *specs: dict[str, Any]) -> Outcomes:
    report = folder / "report.json"
    report.write_text(json.dumps([{"SpecReports": specs}]))
    return of_ginkgo(report)


def test_a_spec_of_ginkgo_is_named_by_its_containers_in_one_line(tmp_path: Path) -> None:
    found = read_ginkgo(tmp_path, spec("passed", "Client", "a  text\nof two lines"), spec("pending", "Client", "b"))

    assert found == {"Client > a text of two lines": PASSED, "Client > b": Outcome("skipped")}


def test_specs_of_one_name_pass_together(tmp_path: Path) -> None:
    failure = {"Message": "no"}
    found = read_ginkgo(
        tmp_path, spec("passed", "a"), spec("failed", "a", Failure=failure), spec("passed", "a"), spec("skipped", "a")
    )

    assert found == {"a": Outcome("failed", "no")}


def test_a_failed_set_up_of_a_ginkgo_suite_is_seen(tmp_path: Path) -> None:
    found = read_ginkgo(
        tmp_path,
        spec("failed", "", kind="BeforeSuite", Failure={"Message": "no server"}),
        spec("passed", "", kind="AfterSuite"),
    )

    assert found == {"BeforeSuite": Outcome("failed", "no server")}


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    def run(target: Target, folder: Path, chosen: Sequence[str]) -> Outcomes:
        return {}

    monkeypatch.setattr(suite, "LISTS", tmp_path)
    found = Suite("one", run, differs={"different": "on purpose"})
    found.record({"a": PASSED, "b": PASSED, "different": PASSED, "c": Outcome("failed"), "d": Outcome("skipped")})
    return found


def test_only_specs_that_passed_are_listed(listed: Suite) -> None:
    assert listed.listed() == ["a", "b", "different"]


def test_a_listed_spec_that_fails_or_is_absent_is_a_fault(listed: Suite) -> None:
    found = faults(listed, {"a": Outcome("failed", "why"), "c": Outcome("failed"), "different": Outcome("failed")})

    assert found == ["a: failed\nwhy", "b: failed\nthe runner does not report it"]


def test_a_difference_that_no_longer_shows_is_a_fault(listed: Suite) -> None:
    (found,) = faults(listed, {"a": PASSED, "b": PASSED, "different": PASSED})

    assert found.startswith("different: passes")


@pytest.mark.parametrize("each", SUITES.values(), ids=lambda each: each.name)
def test_a_recorded_difference_is_about_a_spec_of_the_list(each: Suite) -> None:
    assert each.differs.keys() <= set(each.listed())


_SPECS = """
import os, pytest
def test_passes(): os.environ["KUBECONFIG"]
def test_fails(): assert 0, "why"
@pytest.mark.skip
def test_is_skipped(): ...
@pytest.fixture
def broken():
    yield
    raise ValueError("broken")
def test_breaks_afterwards(broken): ...
@pytest.mark.parametrize("word", ["a b"])
def test_has(word): ...
"""


def played(tmp_path: Path, *chosen: str) -> Outcomes:
    root = tmp_path / "root"
    root.mkdir()
    (root / "test_x.py").write_text(_SPECS)
    return PytestSpecs(Path(sys.executable), root, ["test_x.py"]).run(tmp_path / "kubeconfig", tmp_path, chosen)


def test_specs_of_pytest_are_named_by_their_node_ids(tmp_path: Path) -> None:
    found = played(tmp_path)

    assert {name: outcome.state for name, outcome in found.items()} == {
        "test_x.py::test_passes": "passed",
        "test_x.py::test_fails": "failed",
        "test_x.py::test_is_skipped": "skipped",
        "test_x.py::test_breaks_afterwards": "failed",
        "test_x.py::test_has[a b]": "passed",
    }
    assert "why" in found["test_x.py::test_fails"].message


def test_chosen_specs_of_pytest_run_alone(tmp_path: Path) -> None:
    assert played(tmp_path, "test_x.py::test_has[a b]") == {"test_x.py::test_has[a b]": PASSED}


def test_a_suite_that_is_unknown_is_refused_with_the_names_of_all() -> None:
    command = [sys.executable, "-m", "tests.conformance.suites", "nope"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 2
    assert "no suite is called nope; there are controllerruntime-client," in ended.stderr
