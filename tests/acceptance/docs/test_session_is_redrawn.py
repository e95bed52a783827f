"""The README's picture of a terminal shows what a sandbox writes now."""

import re
from pathlib import Path

from docs import session
from tests.unit.docs.test_session_picture import lines_in

_TIME = re.compile(r"\d\d:\d\d:\d\d\.\d+")


def steps_in(picture: str) -> dict[str, list[str]]:
    """Return the lines of each step without times, and without warnings, which a slow machine may add.

    Two reconciles may write their lines in any order.
    """
    steps = lines_in(picture).items()
    return {
        heading: sorted(_TIME.sub("", line) for line in lines if "[warning" not in line) for heading, lines in steps
    }


def test_the_picture_has_the_lines_of_a_run(tmp_path: Path) -> None:
    drawn = session.draw(session.record(tmp_path))

    assert steps_in(session.PICTURE.read_text()) == steps_in(drawn), "run make pictures"
