"""The bill of materials in the wheel is what the pins say. ``make release DRY_RUN=1`` compares it with the schema."""

import json
from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from release.sbom import PATH, bill_of_materials, licence_of, pins
from tests.pages import ROOT

DOCUMENT: dict[str, Any] = json.loads(PATH.read_text())
PINS = pins((ROOT / "requirements" / "runtime.txt").read_text())


def test_the_document_is_of_these_pins_and_this_version() -> None:
    assert PATH.read_text() == bill_of_materials(), "run make sbom"


def test_each_pin_is_a_component_with_its_purl_and_all_its_hashes() -> None:
    hashes = {
        component["purl"]: [each["content"] for each in component["externalReferences"][0]["hashes"]]
        for component in DOCUMENT["components"]
    }

    assert hashes == {f"pkg:pypi/{name}@{version}": digests for name, (version, digests) in PINS.items()}
    assert all(hashes.values())
    assert all(name == canonicalize_name(name) for name in PINS)


def test_the_graph_reaches_every_component_from_the_package() -> None:
    edges = {each["ref"]: each["dependsOn"] for each in DOCUMENT["dependencies"]}
    reached: set[str] = set()
    ahead = [DOCUMENT["metadata"]["component"]["bom-ref"]]
    while ahead:
        if (ref := ahead.pop()) not in reached:
            reached.add(ref)
            ahead += edges[ref]

    assert reached == edges.keys()
    assert reached - {DOCUMENT["metadata"]["component"]["purl"]} == {each["bom-ref"] for each in DOCUMENT["components"]}


def test_nearly_every_licence_is_known() -> None:
    unknown = [each["name"] for each in DOCUMENT["components"] if "licenses" not in each]

    assert unknown == ["cronsim", "google-re2"], "the metadata of both says BSD without a number of clauses"


class FakeDistribution(Distribution):
    """A package with the given metadata."""

    def __init__(self, **fields: list[str]) -> None:
        self._message = Message()
        for name, values in fields.items():
            for value in values:
                self._message[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Any:
        return self._message

    def read_text(self, filename: str) -> None:
        return None

    def locate_file(self, path: Any) -> Path:
        return Path(path)


@pytest.mark.parametrize(
    ("fields", "expression"),
    [
        ({"License_Expression": ["mit OR apache-2.0"]}, "MIT OR Apache-2.0"),
        ({"License_Expression": ["ISC"], "License": ["MIT"]}, "ISC"),
        ({"License": ["Apache License, Version 2.0"]}, "Apache-2.0"),
        ({"License": ["see LICENSE"], "Classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"License": ["a text of many\nlines"]}, ""),
        ({"Classifier": ["License :: OSI Approved :: BSD License"]}, ""),
        ({}, ""),
    ],
)
def test_a_licence_is_an_spdx_expression_or_unknown(fields: dict[str, list[str]], expression: str) -> None:
    assert licence_of(FakeDistribution(**fields)) == expression
