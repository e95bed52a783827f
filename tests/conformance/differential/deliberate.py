"""The one table of differences that are meant, each with its reason; any other difference fails."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.conformance.differential.comparing import Difference


@dataclass(frozen=True, slots=True)
class Deliberate:
    """Shell patterns over a difference's case, step and path; a literal ``[`` is written ``[[]``.

    ``is_a_race`` marks what two goroutines of kube-apiserver decide between them, so that one run may not show it.
    """

    case: str
    step: str
    path: str
    reason: str
    is_a_race: bool = False

    def covers(self, difference: Difference) -> bool:
        """Tell whether this entry explains the difference."""
        return (
            fnmatchcase(difference.case, self.case)
            and fnmatchcase(difference.step, self.step)
            and fnmatchcase(difference.path, self.path)
        )


_PARSERS = "the words are those of Go's parser; status, reason and cause agree"
_TWICE = "kube-apiserver's text quotes both members of the patched object, this server's the last"
_CONSTRAINED = "kube-apiserver asks for its newer, constrained rights next and names those; status and reason agree"
_VERSION = "it says what it is: no build of kube-apiserver"

DELIBERATE: tuple[Deliberate, ...] = (
    Deliberate("*", "* GET /version", "body.gitVersion", _VERSION),
    Deliberate("*", "* GET /version", "body.goVersion", _VERSION),
    Deliberate("*", "* GET /version", "body.compiler", _VERSION),
    Deliberate(
        "*",
        "*",
        "*columnDefinitions[[]*].description",
        "these texts are Kubernetes' own prose, and kubectl never shows them",
    ),
    Deliberate("*", "* kubectl explain*", "stdout*", "descriptions of built-in fields are Kubernetes' own prose"),
    Deliberate("*", "* GET /openapi/*", "*.description", "descriptions of built-in fields are Kubernetes' own prose"),
    Deliberate("a body that cannot be read is a bad request", "*", "body.message", _PARSERS),
    Deliberate("members that are there twice are strict errors in every body", "15 PATCH *", "body.*", _TWICE),
    Deliberate("members that are there twice are strict errors in custom objects", "9 PATCH *", "body.*", _TWICE),
    Deliberate("delete options are checked", "8 DELETE *", "body.message", _PARSERS),
    Deliberate("options of a collection's deletion", "19 DELETE *", "body.message", _PARSERS),
    Deliberate("a merge patch can be refused", "[34] PATCH *", "body.message", _PARSERS),
    Deliberate("apply reads JSON as YAML*", "11 PATCH *", "body.message", _PARSERS),
    Deliberate("scale is one more way to own the replicas", "14 PUT *", "body.message", _PARSERS),
    Deliberate("a body of a custom kind must be of it", "[689] POST *", "body.message", _PARSERS),
    Deliberate(
        "a write in another version keeps what the stored version knows",
        "*",
        "body.metadata.managedFields*",
        "kube-apiserver changes no owner when one of them owns a field that the other version lacks",
    ),
    Deliberate(
        "the version that is stored may change",
        "17 PATCH *",
        "body.metadata.managedFields*",
        "kube-apiserver changes no owner when one of them wrote in a version that is gone",
        is_a_race=True,  # it serves no v1 any more, and may still have the old handler of v2
    ),
    Deliberate("apply can be refused", "7 PATCH *", "body.message", _PARSERS),
    Deliberate(
        "label selectors that cannot be read are refused",
        "*",
        "body.message",
        "it names the column of the selector, which kube-apiserver leaves out",
    ),
    Deliberate("field selectors choose", "13 GET *", "body.message", "it names the column of the selector"),
    Deliberate(
        "path and body must agree",
        "[56] POST *",
        "body.message",
        "kube-apiserver's text names Go types and source lines; status and reason agree",
    ),
    Deliberate("impersonation itself needs a right", "[568] GET *", "body.message", _CONSTRAINED),
    Deliberate("impersonation itself needs a right", "[568] GET *", "body.details.*", _CONSTRAINED),
    Deliberate("field validation of every other write", "4 PATCH *", "body.*", _PARSERS),
    Deliberate(
        "an event is one object in two groups",
        "*",
        "*metadata.managedFields*",
        "kube-apiserver forgets who owned what through the other group",
    ),
    Deliberate(
        "custom resources",
        "8 kubectl apply *",
        "stderr*",
        "the refused object is quoted otherwise; the reason agrees",
    ),
    Deliberate(
        "an update with another uid conflicts",
        "2 PUT *",
        "body.message",
        "kube-apiserver's text contains the object's key in etcd; status and reason agree",
    ),
)
