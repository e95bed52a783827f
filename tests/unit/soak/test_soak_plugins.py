"""Every text that the soak gives a plugin is what it is said to be."""

from pathlib import Path

import pytest

from tests.soak.plugins import EDITS, ROLES, Editor, is_busy
from tests.soak.settings import WRITERS


@pytest.mark.parametrize("how", sorted(set(EDITS) - {"delete"}))
def test_only_what_does_not_compile_does_not(tmp_path: Path, how: str) -> None:
    editor = Editor(tmp_path)
    for role in ROLES:
        editor.edit(role, how)
        text = editor.files[role].path.read_text()
        if how == "syntax error":
            with pytest.raises(SyntaxError):
                compile(text, role, "exec")
        else:
            compile(text, role, "exec")


def test_with_several_processes_all_but_one_plugin_are_sharded(tmp_path: Path) -> None:
    editor = Editor(tmp_path, is_sharded=True)
    editor.heal()
    texts = {role: file.path.read_text() for role, file in editor.files.items()}
    assert [role for role, text in texts.items() if "sharded" not in text] == ["configs-two"]
    for role, text in texts.items():
        compile(text, role, "exec")


def test_every_writer_has_objects_that_take_long() -> None:
    assert {number % WRITERS for number in range(1000) if is_busy(f"object-{number}")} == set(range(WRITERS))
