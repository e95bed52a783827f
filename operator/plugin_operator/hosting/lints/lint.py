"""What a rule and a lint are, and the rules that no lint finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.source_file import SourceFile

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
UNUSED_SUPPRESSION = Rule("PO100", WARNING, "a `noqa` comment that suppresses nothing")
#: Rules of mistakes that no lint finds.
GENERAL = (REJECTED, SIDE_EFFECT, NOT_LINTED, UNUSED_SUPPRESSION)
