"""Times at the ends of the calendar, whose year in UTC is 0 or 10000."""

import pytest

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.schema import Schemas


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_has_no_year_in_utc_stays_as_it_is(text: str) -> None:
    schema = Schemas.builtin().get(("events.k8s.io", "v1", "Event"))
    assert schema is not None
    assert canonical({"deprecatedLastTimestamp": text}, schema)["deprecatedLastTimestamp"] == text
    assert canonical({"eventTime": text}, schema)["eventTime"] == text


def test_an_early_year_has_four_digits() -> None:
    schema = Schemas.builtin().get(("events.k8s.io", "v1", "Event"))
    assert schema is not None
    early = {"deprecatedLastTimestamp": "0476-09-04T01:00:00+01:00", "eventTime": "0476-09-04T00:00:00.5Z"}
    written = canonical(early, schema)
    assert written["deprecatedLastTimestamp"] == "0476-09-04T00:00:00Z"
    assert written["eventTime"] == "0476-09-04T00:00:00.500000Z"
