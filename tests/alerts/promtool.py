"""Rule tests of promtool: a question is an expression, a minute and the expected series."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import gotool
from tests.alerts import rules
from tests.alerts.timeline import STEP_SECONDS


@dataclass(frozen=True, slots=True)
class Question:
    """What an expression must yield at a minute: sets of labels, each with the value 1; none for nothing."""

    minute: float
    expr: str
    answer: tuple[Mapping[str, str], ...] = ()


def _sample(labels: Mapping[str, str]) -> dict[str, Any]:
    text = ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items())
    return {"labels": f"{{{text}}}", "value": 1}


def firing_at(minute: float, *answer: Mapping[str, str], state: str = "firing") -> Question:
    """Ask for the alerts that fire, or are pending, at a minute; ``answer`` has their labels."""
    full = tuple({"__name__": "ALERTS", "alertstate": state, **labels} for labels in answer)
    return Question(minute, f'ALERTS{{alertstate="{state}"}}', full)


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run promtool in a folder."""
    command = [gotool.wanted("promtool"), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def write_rules(folder: Path) -> Path:
    """Write the groups of the manifest as a rule file, which is JSON and so YAML too."""
    path = folder / "rules.json"
    path.write_text(json.dumps({"groups": rules.groups()}))
    return path


def ask(folder: Path, series: Iterable[Mapping[str, str]], questions: Iterable[Question]) -> str:
    """Evaluate the rules over input series, and return what is not as expected; empty if all is."""
    tests = [
        {
            "expr": each.expr,
            "eval_time": f"{round(each.minute * 60)}s",
            "exp_samples": [_sample(labels) for labels in each.answer],
        }
        for each in questions
    ]
    return _test(folder, series, promql_expr_test=tests)


def text_of(folder: Path, series: Iterable[Mapping[str, str]], alert: str, minute: float) -> str:
    """Return labels and annotations of an alert that fires, as promtool complains of an alert that is not expected."""
    question = {"eval_time": f"{round(minute * 60)}s", "alertname": alert, "exp_alerts": []}
    return " ".join(_test(folder, series, alert_rule_test=[question]).split())


def _test(folder: Path, series: Iterable[Mapping[str, str]], **tests: Any) -> str:
    step = f"{STEP_SECONDS}s"
    write_rules(folder)
    document = {
        "rule_files": ["rules.json"],
        "evaluation_interval": step,
        "tests": [{"interval": step, "input_series": list(series), **tests}],
    }
    (folder / "test.json").write_text(json.dumps(document))
    ended = run(folder, "test", "rules", "test.json")
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr
