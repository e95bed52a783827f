"""What a rule and a lint are, the rules that no lint finds, and comments that suppress rules: ``# noqa: PO101``."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.source_file import SourceFile

_SUPPRESSES = re.compile(r"#\s*noqa:\s*(?P<rules>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*)", re.IGNORECASE)
_OWN_RULE = re.compile(r"PO\d+")

ERROR = "error"
WARNING = "warning"


class Rule(NamedTuple):
    """The id of a kind of mistake, as ``PO101``, its severity, and what it is.

    ``ERROR`` is for code that cannot work or that harms other plugins, ``WARNING`` for the rest.
    """

    id: str
    severity: str
    title: str


@dataclass(frozen=True, slots=True)
class Lint:
    """A rule with the function that yields its findings in a file."""

    rule: Rule
    find: Callable[[SourceFile], Iterable[Found]]


#: What the loader refuses.
REJECTED = Rule("PO001", ERROR, "the operator does not load the file")
SIDE_EFFECT = Rule("PO002", WARNING, "the import changes something that all plugins share")
NOT_LINTED = Rule("PO003", WARNING, "the file is too costly for the lints")
UNREADABLE_CRD = Rule("PO004", WARNING, "a CustomResourceDefinition beside the plugins that cannot be read")
UNUSED_SUPPRESSION = Rule("PO100", WARNING, "a `noqa` comment that suppresses nothing")
#: What a comparison of declarations and calls with kinds finds.
FAILING_CALL = Rule("PO106", ERROR, "a call that the API server cannot serve")
AGAINST_CRD = Rule("PO107", ERROR, "what the CustomResourceDefinition of a kind does not have")
WITHOUT_CRD = Rule("PO108", WARNING, "a kind that no CustomResourceDefinition of its group defines")
OF_KINDS = (FAILING_CALL, AGAINST_CRD, WITHOUT_CRD)
#: Rules of mistakes that no lint finds.
GENERAL = (REJECTED, SIDE_EFFECT, NOT_LINTED, UNREADABLE_CRD, UNUSED_SUPPRESSION, *OF_KINDS)


def suppressed_in(line: str) -> frozenset[str]:
    """Return the rules of this package that a comment in a line suppresses."""
    found = _SUPPRESSES.search(line)
    return frozenset(_OWN_RULE.findall(found["rules"].upper())) if found is not None else frozenset()
