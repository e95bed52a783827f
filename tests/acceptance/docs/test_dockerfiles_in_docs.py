"""Dockerfiles in the docs: their steps run here, without an engine; stages and paths are those of the image."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.acceptance.docs.terminal import Terminal
from tests.pages import ROOT, Block, blocks_in

BLOCKS = blocks_in("dockerfile")
IMAGE = (ROOT / "Dockerfile").read_text()

pytestmark = pytest.mark.embedded_only("no server is met")


def instructions(block: Block, name: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", " ", block.code)
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_stages_stand_on_the_images_that_exist(block: Block) -> None:
    base = re.search(r"^ARG PYTHON_IMAGE=(.+)$", IMAGE, re.MULTILINE)
    assert base
    known = {base[1], f"registry.example.com/team/plugin-operator:{version('plugin-operator')}"}
    for stage in instructions(block, "FROM"):
        image, _, name = stage.partition(" AS ")
        assert image in known
        known.add(name)
    for copy in instructions(block, "COPY"):
        source = re.match(r"--from=(\S+) (\S+) (\S+)$", copy)
        if source:
            assert source[1] in known
            assert source[2] == source[3]
            assert source[2] in IMAGE


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_steps_run(block: Block, terminal: Terminal) -> None:
    terminal.save_plugin_with_needs()
    (terminal.folder / "tmp").mkdir()
    places = {"/opt/plugin-operator/": ".venv/", "/plugins": "plugins", "/tmp/": "tmp/"}
    for run in instructions(block, "RUN"):
        here = re.sub("|".join(places), lambda found: f"{terminal.folder}/{places[found[0]]}", run)
        assert "aiohttp" in terminal.must(here)
    assert "aiohttp" in Path(terminal.folder / "tmp" / "requirements.txt").read_text()
