"""The picture of a terminal in the README shows what the operator writes today."""

import html
import re

from docs import session


def shown() -> str:
    texts = re.findall(r"<text[^>]*>(.*?)</text>", session.PICTURE.read_text())
    return "\n".join(html.unescape(text) for text in texts).replace("\xa0", " ")


def test_the_picture_shows_each_step_with_the_lines_that_end_it_in_order() -> None:
    text, place = shown(), 0
    for heading, _, words in session.steps():
        place = text.index(heading, place)
        for each in words:
            assert text.index(each, place) > place


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    addresses = re.findall(r"https?://[^\s\"')<]+", session.PICTURE.read_text())

    assert set(addresses) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


def test_what_the_picture_leaves_out_of_a_line_is_the_logger_and_long_keys() -> None:
    line = (
        "\x1b[2m13:00:00\x1b[0m [\x1b[32minfo\x1b[0m] \x1b[1mPlugin active\x1b[0m "
        "[\x1b[0m\x1b[34mplugin_operator.x\x1b[0m]\x1b[0m "
        "\x1b[36mcontrollers\x1b[0m=\x1b[35m['a', 'b']\x1b[0m \x1b[36mplugin\x1b[0m=\x1b[35ma\x1b[0m"
    )

    assert re.sub(r"\x1b\[[0-9;]*m", "", session.without_long_parts(line)) == "13:00:00 [info] Plugin active plugin=a"
