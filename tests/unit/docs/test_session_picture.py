"""The picture of a terminal in the README shows what the operator writes today."""

import html
import re

from docs import session
from plugin_operator.hosting.scan.snapshot import digest_of

#: Width of a character.
_WIDTH = 12.2
_TEXT = re.compile(r'<text[^>]*? x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>')


def lines_in(picture: str) -> dict[str, list[str]]:
    """Return the lines of a picture by the heading of their step."""
    lines: dict[float, str] = {}
    for x, y, text in _TEXT.findall(picture):
        column = round(float(x) / _WIDTH)
        lines[float(y)] = lines.get(float(y), "").ljust(column) + html.unescape(text).replace("\xa0", " ")
    found: dict[str, list[str]] = {}
    for line in map(str.strip, (lines[y] for y in sorted(lines))):
        if line.startswith("# "):
            found[line] = []
        elif line and found:
            found[next(reversed(found))].append(line)
    return found


def test_the_picture_shows_each_step_with_the_lines_that_end_it_in_order() -> None:
    found = lines_in(session.PICTURE.read_text())
    assert list(found) == [f"# {heading}" for heading, _, _ in session.steps()]
    for heading, _, words in session.steps():
        for each in words:
            assert each in "\n".join(found[f"# {heading}"])


def test_the_picture_shows_revisions_of_the_plugin_of_the_readme() -> None:
    texts = [text for _, text, _ in session.steps() if "Nothing(" not in text]
    digests = [digest_of({"service.py": text.encode()})[:8] for text in texts]

    found = lines_in(session.PICTURE.read_text()).values()
    shown = re.findall(r" revision=(\S+)", "\n".join(line for lines in found for line in lines))
    assert sorted(set(shown)) == [f"{number}-{digest}" for number, digest in enumerate(digests, start=1)]


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
