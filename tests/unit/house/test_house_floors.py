"""A newcomer finds their way: short files, small folders, and modules, fixtures and classes named for what they are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[3] / "operator"
TESTS = Path(__file__).parents[2]

MAX_LINES = 300
MAX_TEST_LINES = 500
MAX_MODULES = 15
#: What a generator writes is read by the rules of the generator. A test holds each folder to its generator.
GENERATED = (PACKAGES / "plugin_operator" / "kinds",)

#: Words that mean nothing without the class or folder they stand beside; ``typed_values`` and the like are fine.
_PRONOUNS = "it its own ours self that them these they this those us we what which who whose"
_ADJECTIVES = """
    blocked builtin claimed contained current custom delayed early fresh held incoming installed internal kept known
    last late live missing needed new old other owned past pending private ready recent running shared soon stale stuck
    tracked typed wanted
"""
_CATCH_ALLS = "base common helper helpers misc stuff things tools util utils various"
_DENIED = frozenset(f"{_PRONOUNS} {_ADJECTIVES} {_CATCH_ALLS}".split())
#: Names of fixtures and classes of tests that are neither a benchmark, nor a place, nor a machine.
_NAMED_FOR_SOMETHING_ELSE = frozenset(
    ("apart", "bench", "blind", "edited", "hasty", "hinted", "impatient", "looking", "quick", "rig", "side", "site")
)


def modules_of(packages: Path) -> list[Path]:
    """Return every module below a folder but for generated ones."""
    return sorted(path for path in packages.rglob("*.py") if path.parent not in GENERATED)


def long_files(packages: Path, most: int = MAX_LINES) -> list[str]:
    """Return the modules with more than ``most`` lines, with their lengths."""
    lengths = {path: len(path.read_text().splitlines()) for path in modules_of(packages)}
    return [f"{path.relative_to(packages)}: {lines}" for path, lines in lengths.items() if lines > most]


def crowded_folders(packages: Path) -> list[str]:
    """Return the folders with more than ``MAX_MODULES`` modules, ``__init__`` aside, with their numbers."""
    folders = [path.parent for path in modules_of(packages) if path.name != "__init__.py"]
    counts = {folder: folders.count(folder) for folder in sorted(set(folders))}
    return [f"{folder.relative_to(packages)}: {count}" for folder, count in counts.items() if count > MAX_MODULES]


def nameless_modules(packages: Path) -> list[str]:
    """Return the modules and folders whose whole name is a pronoun, an adjective or a word for anything.

    The module of a command has the name of the command.
    """
    modules = [path for path in modules_of(packages) if not path.parent.match("cli/commands")]
    paths = [*modules, *{path.parent for path in modules}]
    return sorted(str(path.relative_to(packages)) for path in paths if path.stem in _DENIED)


def misnamed_fixtures(tests: Path) -> list[str]:
    """Return the fixtures and classes that are named for something else than what they are, with their modules."""
    return sorted(
        f"{path.relative_to(tests)}: {name}"
        for path in modules_of(tests)
        for name in _fixtures_and_classes(path)
        if name.lower() in _NAMED_FOR_SOMETHING_ELSE
    )


def _fixtures_and_classes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ClassDef():
                yield node.name
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if any("fixture" in ast.unparse(each) for each in node.decorator_list):
                    yield node.name


def test_no_module_has_more_lines_than_a_reader_keeps_in_mind() -> None:
    assert long_files(PACKAGES) == [], "move a class, or a handful of functions, to a module named by their noun"


def test_no_test_file_has_more_lines_than_one_sitting_reads() -> None:
    assert long_files(TESTS, MAX_TEST_LINES) == [], "move the tests of one behaviour to a file of their own"


def test_every_fixture_is_named_for_what_it_is() -> None:
    assert misnamed_fixtures(TESTS) == [], "a harness is a harness; say what is special about it"


def test_a_planted_misnamed_fixture_and_class_are_found(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "class Bench: ...\nclass Harness: ...\n"
        "@pytest.fixture\nasync def hasty(): ...\n"
        "@pytest_asyncio.fixture(scope='module')\ndef rig(): ...\n"
        "def quick(): ...\n"
    )

    assert misnamed_fixtures(tmp_path) == ["test_it.py: Bench", "test_it.py: hasty", "test_it.py: rig"]


def test_no_folder_has_more_modules_than_a_glance_takes_in() -> None:
    assert crowded_folders(PACKAGES) == [], "give its stages folders of their own, and their order to import-linter"


def test_every_module_is_named_by_a_noun() -> None:
    assert nameless_modules(PACKAGES) == [], "name the thing that the module has"


def test_the_packages_are_looked_at() -> None:
    assert {path.relative_to(PACKAGES).parts[0] for path in modules_of(PACKAGES)} == {
        "go_cel",
        "go_regexp",
        "http1",
        "kube_apiserver",
        "plugin_operator",
    }


def test_a_planted_long_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text("pass\n" * MAX_LINES)
    (tmp_path / "long.py").write_text("pass\n" * (MAX_LINES + 1))

    assert long_files(tmp_path) == [f"long.py: {MAX_LINES + 1}"]


def test_a_planted_crowded_folder_is_found(tmp_path: Path) -> None:
    for folder, count in (("roomy", MAX_MODULES), ("crowded", MAX_MODULES + 1)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
        for number in range(count):
            (tmp_path / folder / f"noun_{number}.py").touch()

    assert crowded_folders(tmp_path) == [f"crowded: {MAX_MODULES + 1}"]


@pytest.mark.parametrize("name", ["past", "live", "typed", "builtin", "running", "ready", "what", "ours", "utils"])
def test_a_planted_module_without_a_noun_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").touch()
    (tmp_path / f"{name}_objects.py").touch()

    assert nameless_modules(tmp_path) == [f"{name}.py"]


def test_a_planted_folder_without_a_noun_is_found(tmp_path: Path) -> None:
    (tmp_path / "misc").mkdir()
    (tmp_path / "misc" / "clock.py").touch()

    assert nameless_modules(tmp_path) == ["misc"]
