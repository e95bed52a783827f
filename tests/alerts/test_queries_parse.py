"""Prometheus parses every rule and every query of the dashboards."""

import json
import re
from pathlib import Path

from docs.dashboards import DASHBOARDS, FOLDER
from tests.alerts import promtool

#: What Grafana writes in place of a variable.
VALUES = {"$__rate_interval": "2m", "$namespace": "a", "$job": "b", "$pod": "c|d"}


def queries() -> list[str]:
    documents = [json.loads((FOLDER / f"{name}.json").read_text()) for name in DASHBOARDS]
    panels = [panel for document in documents for panel in document["panels"]]
    found = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    for name, value in VALUES.items():
        found = [expr.replace(name, value) for expr in found]
    return found


def check(folder: Path, exprs: list[str]) -> str:
    rules = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(exprs)]
    (folder / "queries.json").write_text(json.dumps({"groups": [{"name": "dashboards", "rules": rules}]}))
    ended = promtool.run(folder, "check", "rules", "--lint-fatal", "queries.json")
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_the_rules_pass_the_check_of_promtool(tmp_path: Path) -> None:
    ended = promtool.run(tmp_path, "check", "rules", "--lint-fatal", str(promtool.write_rules(tmp_path)))

    assert ended.returncode == 0, ended.stderr
    assert "16 rules found" in ended.stdout


def test_every_query_of_the_dashboards_parses(tmp_path: Path) -> None:
    assert len(queries()) > 50
    assert check(tmp_path, queries()) == ""


def test_a_query_that_does_not_parse_is_a_fault(tmp_path: Path) -> None:
    assert re.search("parse error|could not parse", check(tmp_path, ["sum by (a) (rate(b[5m])"]))
