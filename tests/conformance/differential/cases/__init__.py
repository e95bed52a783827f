"""Every hand-written case, by subject; a name is used once."""

from differential.cases import (
    access,
    applying,
    crud,
    customresources,
    deleting,
    discovery,
    kinds,
    lists,
    patching,
    presenting,
    subresources,
    validating,
    watching,
)
from differential.language import Case

_SUBJECTS = (
    access,
    applying,
    crud,
    customresources,
    deleting,
    discovery,
    kinds,
    lists,
    patching,
    presenting,
    subresources,
    validating,
    watching,
)
CASES: tuple[Case, ...] = tuple(case for subject in _SUBJECTS for case in subject.CASES)
