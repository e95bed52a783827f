"""Every hand-written case, by subject; a name is used once."""

from tests.conformance.differential.cases import (
    absent,
    access,
    applying,
    celrules,
    crud,
    customresources,
    customschemas,
    customvalues,
    decoding,
    definitions,
    deleting,
    discovery,
    encodings,
    expiring,
    kinds,
    lists,
    patching,
    patterns,
    presenting,
    shards,
    statuses,
    subresources,
    tokens,
    validating,
    versions,
    watching,
)
from tests.conformance.differential.language import Case

SUBJECTS: dict[str, tuple[Case, ...]] = {
    module.__name__.rpartition(".")[2]: module.CASES
    for module in (
        absent,
        access,
        applying,
        celrules,
        crud,
        customresources,
        customschemas,
        customvalues,
        decoding,
        definitions,
        deleting,
        discovery,
        encodings,
        expiring,
        kinds,
        lists,
        patching,
        patterns,
        presenting,
        shards,
        statuses,
        subresources,
        tokens,
        validating,
        versions,
        watching,
    )
}
CASES: tuple[Case, ...] = tuple(case for cases in SUBJECTS.values() for case in cases)
