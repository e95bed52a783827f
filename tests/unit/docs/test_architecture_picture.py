"""The picture of the architecture is what the import graph says now."""

import graphlib
import xml.etree.ElementTree as ET

import pytest

from docs import architecture
from tests.pages import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_is_current() -> None:
    assert architecture.PICTURE.read_text() == architecture.draw(), "run make pictures"


def test_the_picture_shows_every_package_and_stage() -> None:
    texts = {each.text for each in ET.parse(architecture.PICTURE).iter(f"{SVG}text")}

    for package in architecture.PANELS:
        folder = ROOT / "operator" / package.replace(".", "/")
        names = {path.stem for path in folder.iterdir() if (path / "__init__.py").exists() or path.suffix == ".py"}
        assert names - {"__init__"} <= texts


def test_packages_that_import_each_other_cannot_be_drawn() -> None:
    with pytest.raises(graphlib.CycleError):
        architecture.levels({"a": frozenset("b"), "b": frozenset("a")})


def test_an_edge_that_a_longer_way_stands_for_is_left_out() -> None:
    edges = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}

    assert architecture.direct(edges) == [("a", "b"), ("b", "c")]
