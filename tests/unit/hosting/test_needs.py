"""What a plugin says it needs, and what is refused before any of it runs."""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_operator.errors import PluginRejected
from plugin_operator.hosting.loading.loader import Loader
from plugin_operator.hosting.requirements.installed_check import RequirementsUnmet, check_installed
from plugin_operator.hosting.requirements.needs import Needs, needs_of
from plugin_operator.hosting.requirements.union import NeedsUnion, union_of
from plugin_operator.hosting.scan.snapshot import PluginSource, digest_of
from tests.compiling import compiled

ROOT = "/plugins"


def block(*lines: str, before: str = "") -> bytes:
    return (before + "\n".join(["# /// script", *(f"# {line}".rstrip() for line in lines), "# ///", ""])).encode()


def wants(*requirements: str, python: str = "") -> bytes:
    lines = [f'requires-python = "{python}"'] if python else []
    return block(*lines, "dependencies = [", *(f"  '{each}'," for each in requirements), "]")


def read(content: bytes, name: str = "one.py") -> list[Needs]:
    return needs_of({name: content}, ROOT)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install a distribution that has metadata and nothing else."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, version: str, *metadata: str) -> None:
        folder = Path(tmp_path) / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        text = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata, ""]
        (folder / "METADATA").write_text("\n".join(text))

    return install


def rejection_of(*requirements: str, python: str = "") -> RequirementsUnmet:
    with pytest.raises(RequirementsUnmet) as caught:
        check_installed({"one.py": wants(*requirements, python=python)}, ROOT)
    return caught.value


def test_a_file_without_a_block_needs_nothing() -> None:
    assert read(b"import os\n# /// other\n# dependencies = 3\n# ///\n") == []


def test_a_block_that_is_never_closed_is_none_as_the_specification_says() -> None:
    assert read(b"# /// script\n# dependencies = ['x']\nimport os\n") == []


def test_bytes_that_are_no_text_are_left_to_the_compiler() -> None:
    assert read(b"\xff\xfe# /// script\n# ///\n") == []
    assert read(b"# coding: no-such-codec\n" + wants("x")) == []


def test_requirements_are_read_with_their_lines() -> None:
    (needs,) = read(
        block('requires-python = ">=3.11"', "dependencies = [", '  "a>=1",', "  'b',", "]", before='"""x"""\n')
    )
    assert needs.python is not None
    assert (str(needs.python.specifier), needs.python.line) == (">=3.11", 3)
    assert [(str(each.requirement), each.line) for each in needs.distributions] == [("a>=1", 5), ("b", 6)]


def test_windows_line_ends_and_tables_of_other_tools_do_no_harm() -> None:
    text = block("dependencies = ['a']", "", "[tool.other]", "x = 1").replace(b"\n", b"\r\n")
    (needs,) = read(text)
    assert [str(each.requirement) for each in needs.distributions] == ["a"]


def test_helpers_and_folders_count_and_inner_modules_do_not() -> None:
    files = {"one.py": wants("a"), "helper.py": wants("b"), "two/__init__.py": wants("c"), "two/inner.py": wants("d")}
    found = [str(each.requirement) for needs in needs_of(files, ROOT) for each in needs.distributions]
    assert found == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (block("dependencies = [", "  'a'", "oh"), 4, "is not TOML"),
        (block("dependencies = 'a'"), 2, "are not a list"),
        (block("", "dependencies = ['a', 3]"), 3, "something other than text"),
        (block("dependencies = [", "'a'", ", 'not a requirement',", "]"), 4, "not a requirement"),
        (block("dependencies = ['a; no_such_marker == 1']"), 2, "not a requirement"),
        (block("requires-python = 3.11"), 2, "not a text"),
        (block("requires-python = 'three'"), 2, '"three": write'),
        (wants("a") + b"\n" + wants("b"), 7, "is the second one, the first begins in line 1"),
        (block("a = " + "[" * 5000), 1, ""),
    ],
)
def test_a_malformed_block_is_refused_with_its_line(content: bytes, line: int, words: str) -> None:
    with pytest.raises(PluginRejected) as caught:
        check_installed({"one.py": content}, ROOT)
    assert words in caught.value.reason
    assert "metadata block" in caught.value.reason
    assert caught.value.path == "/plugins/one.py"
    assert not words or caught.value.line == line
    assert not isinstance(caught.value, RequirementsUnmet)


def test_what_is_installed_passes(installed: Callable[..., None]) -> None:
    installed("Some.Thing", "2.1rc1", "Provides-Extra: fast", "Requires-Dist: other>=1; extra == 'fast'")
    installed("other", "1.5")
    check_installed({"one.py": wants("some_thing[FAST]>=2,<3", python=">=3.11")}, ROOT)


def test_a_missing_one_is_named_with_line_and_way_out() -> None:
    refused = rejection_of("msgspec", "no-such-thing>=1")
    assert (refused.path, refused.line) == ("/plugins/one.py", 4)
    assert refused.reason.startswith("needs 'no-such-thing>=1', which is not installed; install it where the operator")
    assert "plugin-operator requirements" in refused.reason


def test_a_wrong_version_is_named_with_the_one_that_is_there(installed: Callable[..., None]) -> None:
    installed("thing", "1.4")
    assert "needs 'thing>=2', but 1.4 is installed" in rejection_of("thing>=2").reason


def test_every_unmet_requirement_is_named_at_once(installed: Callable[..., None]) -> None:
    installed("thing", "1.4")
    refused = rejection_of("no-such-thing", "thing>=2", python=">=99")
    assert f"needs Python >=99, but the operator runs on {platform.python_version()}" in refused.reason
    assert "no-such-thing" in refused.reason
    assert "thing>=2" in refused.reason
    assert refused.line == 2


def test_a_marker_that_does_not_hold_excuses() -> None:
    check_installed({"one.py": wants('no-such-thing; python_version < "3"')}, ROOT)
    assert "no-such-thing" in rejection_of('no-such-thing; python_version >= "3"').reason


def test_extras_are_followed_through_their_own_requirements(installed: Callable[..., None]) -> None:
    installed(
        "thing", "1", "Provides-Extra: a", "Provides-Extra: b", "Requires-Dist: always-there",
        "Requires-Dist: thing[b]; extra == 'a'", "Requires-Dist: thing[a]; extra == 'b'",
        "Requires-Dist: no-such-thing>=3; extra == 'b'", "Requires-Dist: %%%",
    )  # fmt: skip
    assert "has no extra 'c'" in rejection_of("thing[c]").reason
    reason = rejection_of("thing[a]").reason
    assert "needs 'no-such-thing>=3', which 'thing[a]' includes and is not installed" in reason


def test_a_version_that_cannot_be_read_is_no_match(installed: Callable[..., None]) -> None:
    installed("thing", "unknown")
    assert "installed version is unknown" in rejection_of("thing").reason


def test_a_url_is_refused_and_explained() -> None:
    assert (
        "whose URL says nothing about what is installed" in rejection_of("msgspec @ https://example.com/m.whl").reason
    )


async def test_nothing_is_imported_before_the_check(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    files = {
        "one.py": b"import helper\n",
        "helper.py": wants("no-such-thing") + f"open({str(trace)!r}, 'w').close()\n".encode(),
    }
    with pytest.raises(RequirementsUnmet) as caught:
        await Loader().load(
            PluginSource("one", "/plugins/one.py", files, digest_of(files), root=ROOT, code=compiled(files))
        )
    assert caught.value.path == "/plugins/helper.py"
    assert not trace.exists()


def merged(**files: bytes) -> NeedsUnion:
    return union_of(needs_of({f"{name}.py": content for name, content in files.items()}, ROOT))


def test_the_union_is_sorted_merged_and_says_who_wants_what() -> None:
    found = merged(
        one=wants("zeta", "Some.Thing>=1", 'gamma; sys_platform == "linux"', python=">=3.11"),
        two=wants("some-thing[Fast]<2", "some_thing[slow]>=1", python="<4"),
    )
    assert found.problems == ()
    assert found.lines == (
        "# Python <4,>=3.11",
        'gamma ; sys_platform == "linux"  # via one.py',
        "some-thing[fast,slow]<2,>=1  # via one.py, two.py",
        "zeta  # via one.py",
    )


def test_a_conflict_is_named_with_both_sides_and_stays_in_the_list_for_pip_to_refuse() -> None:
    found = merged(one=wants("thing==1"), two=wants("thing>=2"))
    assert found.problems == (
        "no version of thing matches all: /plugins/one.py:3 wants 'thing==1', /plugins/two.py:3 wants 'thing>=2'",
    )
    assert found.lines == ("thing==1,>=2  # via one.py, two.py",)


def test_markers_that_exclude_each_other_do_not_conflict_and_one_that_holds_does() -> None:
    apart = merged(one=wants('thing==1; python_version < "3"'), two=wants('thing==2; python_version >= "3"'))
    assert apart.problems == ()
    both = merged(one=wants("thing==1"), two=wants('thing==2; python_version >= "3"'))
    assert len(both.problems) == 1


def test_python_versions_can_conflict_and_urls_cannot_be_listed() -> None:
    found = merged(one=wants(python=">=3.13"), two=wants("thing @ https://example.com/t.whl", python="<3.12"))
    assert "no version of Python matches all" in found.problems[1]
    assert found.problems[0].startswith("/plugins/two.py:4: needs 'thing @ https://example.com/t.whl', whose URL")


LINE = 1000
COSTLY = {
    "openings": (["/// script"] * 40_000, ""),
    "long": (["a = 1"] * 10_000, "is longer than 16,384 characters"),
    "keys": (["a" + ".a" * LINE + " = 1"], "has a line of more than 1,024 characters"),
    "short keys": ([f"a{number}" + ".a" * 480 + " = 1" for number in range(16)], ""),
    "digits": (["a = " + "1" * LINE, "b = [", *["1" * LINE + ","] * 5, "]"], ""),
    # Too deep or not closed: which of them is found first hangs on the recursion limit of the process.
    "arrays": (["a = " + "[" * LINE], "its metadata block (# /// script) is n"),
    "parentheses": (["dependencies = ['a; " + "(" * 450 + 'python_version>"3"' + ")" * 450 + "']"], ""),
    "specifiers": (["dependencies = ['a" + ">=1," * 250 + "']"], ""),
}


@pytest.mark.timeout(20)  # what a quadratic reader would take minutes for
@pytest.mark.parametrize("name", COSTLY)
def test_no_block_costs_more_than_its_length_is_worth(name: str) -> None:
    lines, words = COSTLY[name]
    content = "".join(f"# {line}\n" for line in ["/// script", *lines, "///"]).encode()
    try:
        needs_of({"one.py": content}, ROOT)
        reason = ""
    except PluginRejected as error:
        reason = error.reason
    assert words in reason
