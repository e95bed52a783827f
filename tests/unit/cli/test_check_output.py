"""The report of a check in each form, whatever a plugin's text holds."""

import json
from pathlib import Path

import pytest
import yaml

from plugin_operator.cli.checking.printing import OUTPUTS, print_plugins, print_report
from plugin_operator.cli.checking.report import (
    CheckedPlugin,
    CheckReport,
    Mistake,
    declaration_from,
    report_of,
)

HOSTILE = "boom\r\n::set-output name=a::b\x1b[31m\x00 100%, \udc80"
ERROR = Mistake("plugins/a,b.py", HOSTILE, 3, 5, "PO101", "error")
WARNING = Mistake("plugins/a,b.py", "careful", None, None, "PO104", "warning")
GOOD = CheckedPlugin("good", "plugins/good.py", "ok", declarations=[{"name": "good", "for": "v1/Pod"}])


def report(*mistakes: Mistake) -> CheckReport:
    return report_of([GOOD], mistakes)


def printed(of: CheckReport, output: str, capsys: pytest.CaptureFixture[str]) -> str:
    print_report(of, output)
    return capsys.readouterr().out


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_control_character_of_a_plugin_is_printed(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(report(ERROR), output, capsys)
    assert {each for each in text if not each.isprintable()} == {"\n"}
    assert not any(line.startswith("::set-output") for line in text.splitlines())


def test_the_table_has_a_line_for_each_mistake_and_a_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(report(WARNING, Mistake("plugins/a,b.py", "wrong", 3)), "table", capsys) == (
        "PLACE             SEVERITY  RULE   MISTAKE\n"
        "plugins/a,b.py    warning   PO104  careful\n"
        "plugins/a,b.py:3  error     PO001  wrong\n"
        "Checked 1 plugin: 1 error and 1 warning in 1 file.\n"
    )


def test_without_mistakes_there_is_the_summary_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(report(), "table", capsys) == "Checked 1 plugin: no mistakes.\n"
    assert printed(report(), "github", capsys) == "Checked 1 plugin: no mistakes.\n"


def test_json_and_yaml_are_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(report(WARNING), "json", capsys))
    assert document == yaml.safe_load(printed(report(WARNING), "yaml", capsys))
    assert document == {
        "plugins": [
            {
                "name": "good",
                "path": "plugins/good.py",
                "state": "ok",
                "note": "",
                "controllers": [{"name": "good", "for": "v1/Pod"}],
            }
        ],
        "mistakes": [
            {
                "path": "plugins/a,b.py",
                "line": None,
                "column": None,
                "rule": "PO104",
                "severity": "warning",
                "message": "careful",
            }
        ],
        "summary": {"plugins": 1, "errors": 0, "warnings": 1},
    }


def test_annotations_are_escaped_as_github_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    first, *_ = printed(report(Mistake("a,b:c.py", "50%\nmore: x,y", 1, 2, "PO101")), "github", capsys).splitlines()
    assert first == "::error file=a%2Cb%3Ac.py,line=1,col=2,title=PO101::50%25%0Amore: x,y"


def test_annotations_name_files_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = printed(
        report(Mistake(f"{tmp_path}/plugins/a.py", "wrong"), Mistake("/elsewhere.py", "b")), "github", capsys
    )
    assert "file=plugins/a.py,title=PO001::wrong" in text
    assert "file=/elsewhere.py,title=PO001::b" in text


def test_a_mistake_of_several_plugins_counts_once_and_all_are_in_the_order_of_the_files() -> None:
    late, early = Mistake("b.py", "x", 9), Mistake("b.py", "y", 2)
    plugins = [CheckedPlugin(name, "b.py", "rejected", mistakes=(late, early)) for name in ("one", "two")]
    assert report_of(plugins, [Mistake("a.py", "z"), late]).mistakes == [Mistake("a.py", "z"), early, late]


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_summary_that_a_plugin_forged_is_printed_as_values_of_the_documented_types(
    output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = {"name": 5, "line": "x", "for": b"a", "caches": [7], "sources": {"a": 1.5}, "own": [b"1", {1: None}]}
    found = declaration_from(forged)
    assert (found["name"], found["line"], found["for"], found["caches"], found["sources"]) == (
        "5",
        None,
        "b'a'",
        [],
        [],
    )
    plugin = CheckedPlugin("forged", "forged.py", "ok", declarations=[found])
    assert printed(report_of([plugin]), output, capsys)
    print_plugins(report_of([plugin]))
    assert capsys.readouterr().out == "forged.py: ok (5 for b'a')\n"
