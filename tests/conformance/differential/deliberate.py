"""The one table of differences that are meant, each with its reason; any other difference fails."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from differential.comparing import Difference


@dataclass(frozen=True, slots=True)
class Deliberate:
    """Shell patterns over a difference's case, step and path; a literal ``[`` is written ``[[]``."""

    case: str
    step: str
    path: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Tell whether this entry explains the difference."""
        return (
            fnmatchcase(difference.case, self.case)
            and fnmatchcase(difference.step, self.step)
            and fnmatchcase(difference.path, self.path)
        )


_PARSERS = "the words are those of Go's parser; status, reason and cause agree"
_VERSION = "it says what it is: no build of kube-apiserver"

DELIBERATE: tuple[Deliberate, ...] = (
    Deliberate("*", "* GET /version", "body.gitVersion", _VERSION),
    Deliberate("*", "* GET /version", "body.goVersion", _VERSION),
    Deliberate("*", "* GET /version", "body.compiler", _VERSION),
    Deliberate("*", "* GET *", "body.resources[[]*].storageVersionHash", "only the storage version migrator reads it"),
    Deliberate(
        "*",
        "*",
        "*columnDefinitions[[]*].description",
        "these texts are Kubernetes' own prose, and kubectl never shows them",
    ),
    Deliberate("*", "* kubectl explain*", "stdout*", "descriptions of built-in fields are Kubernetes' own prose"),
    Deliberate(
        "a read may ask for a version",
        "4 GET *",
        "status",
        "kube-apiserver answers 500 to a mistake of the client",
    ),
    Deliberate(
        "streaming list options are checked",
        "5 GET *",
        "status",
        "kube-apiserver answers 500 to a mistake of the client",
    ),
    Deliberate(
        "a media type that nobody speaks is refused",
        "*",
        "body.message",
        "it answers in JSON and YAML only, so its list of media types is shorter",
    ),
    Deliberate("a body that cannot be read is a bad request", "*", "body.message", _PARSERS),
    Deliberate("delete options are checked", "8 DELETE *", "body.message", _PARSERS),
    Deliberate("a merge patch can be refused", "[34] PATCH *", "body.message", _PARSERS),
    Deliberate("a JSON patch can be refused", "[78] PATCH *", "body.message", _PARSERS),
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
    Deliberate(
        "an update with another uid conflicts",
        "2 PUT *",
        "body.message",
        "kube-apiserver's text contains the object's key in etcd; status and reason agree",
    ),
)
