"""kubectl says the same about both API servers."""

import asyncio
from pathlib import Path

import pytest

from tests.conformance.differential.comparing import compare
from tests.conformance.differential.deliberate import DELIBERATE
from tests.conformance.differential.kubectl import Script, Shell
from tests.conformance.differential.playing import new_word
from tests.conformance.differential.scripts import SCRIPTS
from tests.conformance.differential.targets import Target


@pytest.mark.timeout(240)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
async def test_kubectl_prints_the_same(
    script: Script, real_server: Target, embedded_server: Target, tmp_path: Path
) -> None:
    shells = []
    for name, target in (("real", real_server), ("embedded", embedded_server)):
        home = tmp_path / name
        home.mkdir()
        shells.append(Shell(target.kubeconfig, home, new_word()))
    real, embedded = await asyncio.gather(*(shell.play(script) for shell in shells))
    found = compare(script.name, real, embedded)
    unlisted = [difference for difference in found if not any(entry.covers(difference) for entry in DELIBERATE)]
    if unlisted:
        pytest.fail("\n".join(map(str, unlisted)), pytrace=False)
