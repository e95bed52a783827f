"""The types that authors meet say yes to what works and no to what does not."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.timeout(300)
def test_samples_of_plugins_pass_the_strict_type_checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("mypy.api", reason="the type checker is not installed")
    monkeypatch.setenv("MYPYPATH", str(ROOT / "operator"))
    monkeypatch.chdir(tmp_path)
    samples = [*map(str, sorted(HERE.glob("*_samples.py"))), *map(str, sorted((ROOT / "plugins").glob("*.py")))]
    report, errors, status = api.run(
        ["--strict", "--follow-imports=silent", "--ignore-missing-imports", "--cache-dir", str(tmp_path), *samples]
    )
    assert (status, errors) == (0, ""), report
