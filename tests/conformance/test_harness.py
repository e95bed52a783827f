"""The harness itself: it forgives only what servers may choose, and it names what it does not forgive."""

from tests.conformance.differential.comparing import ABSENT, Difference, compare
from tests.conformance.differential.deliberate import Deliberate
from tests.conformance.differential.normalising import Normaliser
from tests.conformance.differential.playing import Outcome

UID = "0af5bd7c-3d8b-4c55-9b1a-6a2f0c1d2e3f"
OTHER_UID = "1af5bd7c-3d8b-4c55-9b1a-6a2f0c1d2e3f"


def _normaliser() -> Normaliser:
    return Normaliser({"case-word": "<ns>"})


def _compared(real: object, embedded: object) -> list[tuple[str, object, object]]:
    found = compare("a case", [Outcome("1 GET /", real)], [Outcome("1 GET /", embedded)])
    return [(difference.path, difference.real, difference.embedded) for difference in found]


def test_a_version_that_stays_keeps_its_number_and_a_new_one_gets_another() -> None:
    normaliser = _normaliser()
    versions = [normaliser.value({"resourceVersion": version})["resourceVersion"] for version in ("7", "7", "9", "7")]
    assert versions == ["<version 1>", "<version 1>", "<version 2>", "<version 1>"]


def test_a_uid_is_known_again_inside_a_message() -> None:
    normaliser = _normaliser()
    assert normaliser.value({"metadata": {"uid": UID}}) == {"metadata": {"uid": "<uid 1>"}}
    assert normaliser.text(f"{OTHER_UID} is not {UID}") == "<uid 2> is not <uid 1>"


def test_the_version_of_a_list_counts_only_as_present() -> None:
    got = _normaliser().value(
        {"metadata": {"resourceVersion": "7", "continue": "abc", "remainingItemCount": 3}, "items": []}
    )
    assert got == {
        "metadata": {"resourceVersion": "<version>", "continue": "<token>", "remainingItemCount": 3},
        "items": [],
    }


def test_a_group_that_another_case_has_left_is_not_compared() -> None:
    own, left = ({"name": f"{word}.example.com"} for word in ("wbcdfghjk", "wzzzzzzzz"))
    normaliser = Normaliser({"wbcdfghjk": "<id>"})
    assert normaliser.value({"groups": [own, left]}) == {"groups": [{"name": "<id>.example.com"}]}
    assert normaliser.value({"items": [{"metadata": left}, {"metadata": {"name": "apps"}}]}) == {
        "items": [{"metadata": {"name": "apps"}}]
    }


def test_a_bookmark_does_not_number_its_version() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "7", "annotations": {"a": "b"}}}}
    got = _normaliser().value(bookmark)
    assert got["object"]["metadata"] == {"resourceVersion": "<version>", "annotations": {"a": "b"}}


def test_a_generated_suffix_is_one_word_wherever_it_appears() -> None:
    normaliser = _normaliser()
    normaliser.expect_suffix("gen-")
    assert normaliser.value({"name": "gen-x7k2b"}) == {"name": "gen-<random>"}
    assert normaliser.text('"gen-x7k2b" in case-word') == '"gen-<random>" in <ns>'


def test_times_and_ages_are_words() -> None:
    got = _normaliser().value({"cells": ["a", "5m3s", 1], "creationTimestamp": "2026-01-01T00:00:00Z"})
    assert got == {"cells": ["a", "<age>", 1], "creationTimestamp": "<time>"}


def test_equal_answers_have_no_difference() -> None:
    assert _compared({"status": 200, "body": {"a": [1]}}, {"status": 200, "body": {"a": [1]}}) == []


def test_a_difference_is_named_by_its_path() -> None:
    real = {"status": 200, "body": {"a": [{"b": 1}, {"b": 2}], "only": True}}
    embedded = {"status": 200, "body": {"a": [{"b": 1}, {"b": 3}, 4]}}
    assert _compared(real, embedded) == [
        ("body.a[1].b", 2, 3),
        ("body.a[2]", ABSENT, 4),
        ("body.only", True, ABSENT),
    ]


def test_a_number_is_not_its_truth() -> None:
    assert _compared({"status": 200, "body": 1}, {"status": 200, "body": True}) == [("body", 1, True)]


def test_answers_with_different_statuses_show_only_what_they_say() -> None:
    real = {"status": 404, "body": {"message": "not found", "details": {"name": "a"}}}
    embedded = {"status": 200, "body": {"metadata": {"name": "a"}}}
    assert _compared(real, embedded) == [("status", 404, 200), ("said", "not found", ABSENT)]


def test_a_deliberate_difference_covers_its_own_place_only() -> None:
    entry = Deliberate(case="health*", step="* GET /version", path="body.git*", reason="it says what it is")
    there = Difference("health and version", "4 GET /version", "body.gitVersion", "a", "b")
    elsewhere = Difference("health and version", "4 GET /version", "body.major", "1", "2")
    assert (entry.covers(there), entry.covers(elsewhere)) == (True, False)
