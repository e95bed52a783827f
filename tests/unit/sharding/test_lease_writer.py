"""The requests that write a member's Lease: update what is known, look after doubt, and never adopt another Lease."""

import pytest

from plugin_operator.sharding import MemberRecord
from plugin_operator.sharding.lease_writer import LeaseState, LeaseWriter, LookUpLease, UpdateLease, lease_of

RECORD = MemberRecord(name="lease/uid", renewals=1)
STATE, LATER = LeaseState("lease", "uid", "5"), LeaseState("lease", "uid", "9")


@pytest.fixture
def writer() -> LeaseWriter:
    return LeaseWriter(STATE)


def test_a_member_is_named_after_its_lease() -> None:
    assert STATE.member == "lease/uid"
    assert lease_of(STATE.member) == ("lease", "uid")


def test_a_record_is_written_to_the_version_known_last(writer: LeaseWriter) -> None:
    assert writer.publish(RECORD) == UpdateLease(RECORD, STATE)
    writer.on_written(LATER)
    writer.on_written(STATE)

    assert writer.publish(RECORD) == UpdateLease(RECORD, LATER)


def test_after_a_doubt_the_lease_is_read_and_then_written(writer: LeaseWriter) -> None:
    writer.on_doubt()
    assert writer.publish(RECORD) == LookUpLease(RECORD)

    assert writer.on_found(RECORD, LATER) == UpdateLease(RECORD, LATER)
    assert writer.publish(RECORD) == UpdateLease(RECORD, LATER)
    assert not writer.is_lost


def test_a_lease_with_another_uid_is_not_adopted(writer: LeaseWriter) -> None:
    writer.on_doubt()

    assert writer.on_found(RECORD, LeaseState("lease", "other", "9")) is None
    assert writer.is_lost


def test_a_missing_lease_is_lost(writer: LeaseWriter) -> None:
    writer.on_missing()

    assert writer.is_lost


def test_a_late_look_at_the_lease_does_not_write_an_older_record_over_a_newer_one(writer: LeaseWriter) -> None:
    newer = MemberRecord(name=RECORD.name, renewals=2)
    writer.on_doubt()
    writer.publish(RECORD)
    assert writer.publish(newer) == LookUpLease(newer)
    assert writer.on_found(newer, LATER) == UpdateLease(newer, LATER)

    assert writer.on_found(RECORD, LATER) is None
    assert not writer.is_lost
