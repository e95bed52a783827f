"""Every pattern of the table gets the answer of Go's ``regexp``: the same matches, or the same error."""

import json

from go_regexp import PatternError, compile_pattern
from tests.goregexp.__main__ import ANSWERS
from tests.goregexp.questions import PATTERNS, SUBJECTS, TEXT

Answer = dict[str, object]
ROWS: list[tuple[str, Answer]] = [(pattern, answer) for pattern, answer in json.loads(ANSWERS.read_text())]
# Go's table of characters that fold into LC lacks U+0345, which folds into the lower-case iota.
DIFFERENT = {r"(?i)\p{LC}"}


def judged(pattern: str) -> Answer:
    try:
        compiled = compile_pattern(pattern)
    except PatternError as error:
        return {"error": str(error)}
    found = compiled.find_all(TEXT)
    marks = "".join("01"[compiled.matches(subject)] for subject in SUBJECTS)
    return {"marks": marks, **({"found": found} if found else {})}


def difference(pattern: str, expected: Answer) -> str:
    answer = judged(pattern)
    marks, wanted = str(answer.get("marks", "")), str(expected.get("marks", ""))
    wrong = [subject for subject, one, other in zip(SUBJECTS, marks, wanted, strict=False) if one != other]
    return f"{pattern[:60]!r}: {str(answer)[:300]} is not {str(expected)[:300]}; subjects {wrong}"


def test_the_table_has_an_answer_for_each_question() -> None:
    assert [pattern for pattern, _ in ROWS] == list(PATTERNS), "run make patterns"
    assert len(ROWS) > 800


def test_every_pattern_is_judged_as_by_go() -> None:
    wrong = {pattern for pattern, answer in ROWS if judged(pattern) != answer}
    unexpected = [difference(pattern, answer) for pattern, answer in ROWS if pattern in wrong ^ DIFFERENT]
    assert not unexpected, "\n".join(unexpected)
