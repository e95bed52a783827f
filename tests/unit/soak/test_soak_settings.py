"""A setting of the soak that makes no sense is refused by its name."""

import pytest

from tests.soak.settings import Settings, WrongSetting


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SERVER", "kind", "SERVER=kind: there are SERVER=embedded"),
        ("MINUTES", "an hour", "MINUTES=an hour: a number is needed, as in MINUTES=5"),
        ("MINUTES", "nan", "MINUTES=nan: at least 0 is needed"),
        ("OBJECTS", "3", "OBJECTS=3: at least 20 is needed"),
        ("PROCESSES", "0", "PROCESSES=0: at least 1 is needed"),
        ("SEED", "-1", "SEED=-1: at least 0 is needed"),
    ],
)
def test_wrong_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting, match=said):
        Settings.from_environment()


def test_replicas_that_share_objects_have_one_process_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARDED", "1")
    monkeypatch.setenv("PROCESSES", "2")
    with pytest.raises(WrongSetting, match="SHARDED=1 and PROCESSES=2"):
        Settings.from_environment()
