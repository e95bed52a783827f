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


DELIBERATE: tuple[Deliberate, ...] = ()
