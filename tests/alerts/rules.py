"""The alerts as the manifest has them, and the metrics and labels that an expression of PromQL names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.pages import ROOT

MANIFEST = ROOT / "manifests" / "components" / "alerts" / "prometheus-rule.yaml"

_STRING = r'"(?:[^"\\]|\\.)*"'
_SELECTOR = re.compile(rf"\b([a-zA-Z_:][\w:]*)\s*(?:\{{((?:[^{{}}\"]|{_STRING})*)\}})?")
_MATCHER = re.compile(rf"(\w+)\s*(=~|!~|!=|=)\s*({_STRING})")
_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_DURATION = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_WORDS = frozenset(("and", "or", "unless", "bool", "by", "without", "on", "ignoring", "group_left", "group_right"))


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of the manifest; ``for_minutes`` is how long its expression must hold."""

    name: str
    group: str
    expr: str
    for_minutes: int
    severity: str
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric that an expression reads, with its matchers: label, operator and value."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...] = ()


def groups() -> list[dict[str, Any]]:
    """Return the rule groups, as a rule file of Prometheus has them."""
    found: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text())["spec"]["groups"]
    return found


def alerts() -> list[Alert]:
    """Return every alert in the order of the manifest."""
    return [
        Alert(
            rule["alert"], group["name"], rule["expr"], int(rule["for"].removesuffix("m")),
            rule["labels"]["severity"], rule["annotations"],
        )
        for group in groups()
        for rule in group["rules"]
    ]  # fmt: skip


def selectors_of(expr: str) -> Iterator[Selector]:
    """Yield each selector of an expression; the words of PromQL and names of functions are none."""
    text = _GROUPING.sub(" ", _DURATION.sub(" ", expr))
    for found in _SELECTOR.finditer(text):
        is_call = text[found.end() :].lstrip().startswith("(") and found[2] is None
        if found[1] in _WORDS or is_call or re.fullmatch(r"\d.*", found[1]) or _is_quoted(text, found.start()):
            continue
        matchers = tuple((label, how, value[1:-1]) for label, how, value in _MATCHER.findall(found[2] or ""))
        yield Selector(found[1], matchers)


def _is_quoted(text: str, at: int) -> bool:
    return any(found.start() < at < found.end() for found in re.finditer(_STRING, text))


def grouping_labels_of(expr: str) -> set[str]:
    """Return the labels by which an expression groups or joins."""
    return {label.strip() for _, labels in _GROUPING.findall(expr) for label in labels.split(",") if label.strip()}
