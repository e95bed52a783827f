"""The page about checks has each rule, with its severity and title, and no other."""

import re

from plugin_operator.hosting.lints.lint import GENERAL
from plugin_operator.hosting.lints.registry import LINTS
from tests.pages import ROOT

PAGE = (ROOT / "docs" / "checking-plugins.md").read_text()


def test_the_table_of_rules_has_each_rule_with_severity_and_title() -> None:
    rows = re.findall(r"^\| `(PO\d+)` \| (\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    known = sorted((*GENERAL, *(each.rule for each in LINTS)))

    assert rows == [tuple(each) for each in known]


def test_the_page_explains_each_lint() -> None:
    assert re.findall(r"^\*\*(PO\d+)\*\*", PAGE, re.MULTILINE) == sorted(each.rule.id for each in LINTS)
