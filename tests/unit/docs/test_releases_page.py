"""The page on releases says which versions are supported as the code and its tests do."""

import re
import tomllib

from tests.pages import ROOT

PAGE = (ROOT / "docs" / "releases.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SUPPORTED = dict(re.findall(r"^\| (Python|Kubernetes) \| (.*) \|$", PAGE, re.MULTILINE))


def test_the_versions_of_python_are_those_of_the_package_and_of_ci() -> None:
    shown = re.findall(r"3\.\d+", SUPPORTED["Python"])
    minors = re.search(r"^minors=\((.*)\)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)

    assert shown == [found[1] for text in PROJECT["classifiers"] if (found := re.search(r":: (3\.\d+)$", text))]
    assert minors is not None
    assert shown == [f"3.{minor}" for minor in minors[1].split()]
    assert PROJECT["requires-python"] == f">={shown[0]}"


def test_the_version_of_kubernetes_is_the_one_that_the_tests_run_on() -> None:
    built = re.search(r"k8s\.io/kubernetes v(1\.\d+)\.", (ROOT / "tests" / "controlplane" / "go.mod").read_text())

    assert built is not None
    assert re.findall(r"1\.\d+", SUPPORTED["Kubernetes"]) == [built[1]]
