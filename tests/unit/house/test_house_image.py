"""The Dockerfile, read: no engine is needed to see that it keeps its promises."""

import fnmatch
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines()]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, value in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, value))
    return found


def copied() -> list[str]:
    sources: list[str] = []
    for name, value in instructions():
        words = value.split()
        if name == "COPY" and not words[0].startswith("--from"):
            sources.extend(words[:-1])
    return sources


def test_both_stages_stand_on_one_slim_base_that_can_be_pinned_by_digest() -> None:
    bases = [value.split()[0] for name, value in instructions() if name == "FROM"]

    assert bases == ["${PYTHON_IMAGE}"] * 2
    assert ("ARG", "PYTHON_IMAGE=python:3.13-slim-bookworm") in instructions()


def test_the_image_runs_as_a_numeric_user_without_root_rights() -> None:
    final = stages()[-1]

    assert [value for name, value in final if name == "USER"] == ["65532:65532"]
    assert final.index(("USER", "65532:65532")) > max(i for i, (name, _) in enumerate(final) if name == "RUN")


def test_nothing_is_installed_without_a_hash_but_our_own_wheel() -> None:
    for run in (value for name, value in instructions() if name == "RUN"):
        for command in re.split(r"&&", run):
            if "pip" in command and " install " in command:
                assert "--require-hashes" in command or "--no-index" in command


def test_the_final_stage_holds_no_build_tool_and_writes_no_bytecode() -> None:
    final = stages()[-1]
    runs = " ".join(value for name, value in final if name == "RUN")

    assert "install" not in runs.replace("uninstall", "")
    assert "pip uninstall" in runs
    assert any(name == "ENV" and "PYTHONDONTWRITEBYTECODE=1" in value for name, value in final)


def test_a_user_that_the_image_does_not_know_has_a_home_too() -> None:
    assert any(name == "ENV" and "HOME=/nonexistent" in value for name, value in stages()[-1])


def test_whatever_the_dockerfile_copies_exists_and_is_sent_to_the_engine() -> None:
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    allowed = [line.removeprefix("!") for line in ignore if line.startswith("!")]

    assert ignore[0] == "*"
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source.rstrip("/"), pattern) for pattern in allowed), source


def test_the_image_starts_the_operator_with_the_shipped_plugins() -> None:
    final = stages()[-1]

    assert ("ENTRYPOINT", '["plugin-operator"]') in final
    assert ("COPY", "plugins/ /plugins/") in final
    assert any(name == "ENV" and "PLUGIN_OPERATOR_PLUGINS_DIR=/plugins" in value for name, value in final)
