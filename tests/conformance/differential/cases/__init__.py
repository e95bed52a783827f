"""Every hand-written case, by subject; a name is used once."""

from tests.conformance.differential.cases import (
    access,
    applying,
    celrules,
    crud,
    customresources,
    definitions,
    deleting,
    discovery,
    expiring,
    kinds,
    lists,
    patching,
    presenting,
    statuses,
    subresources,
    validating,
    watching,
)
from tests.conformance.differential.language import Case

SUBJECTS: dict[str, tuple[Case, ...]] = {
    module.__name__.rpartition(".")[2]: module.CASES
    for module in (
        access,
        applying,
        celrules,
        crud,
        customresources,
        definitions,
        deleting,
        discovery,
        expiring,
        kinds,
        lists,
        patching,
        presenting,
        statuses,
        subresources,
        validating,
        watching,
    )
}
CASES: tuple[Case, ...] = tuple(case for cases in SUBJECTS.values() for case in cases)
