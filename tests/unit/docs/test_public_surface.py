"""What a release promised stays until the record is changed on purpose; docs/releases.md says when that is allowed."""

import json
from collections.abc import Callable

import pytest

from tests.surface import DOCUMENTS, OPERATOR, Surface, broken_promises, keys_in, recorded, surface

WAY_OUT = "docs/releases.md says which release may take it away; then run make surface"


def test_nothing_promised_is_gone() -> None:
    assert broken_promises(recorded(), surface()) == [], WAY_OUT


def test_the_record_has_each_group() -> None:
    record = recorded()

    assert "controller" in record["names"]["plugin_operator"]
    assert "--plugins-dir" in record["flags"]["run"]
    assert "$PLUGIN_OPERATOR_PLUGINS_DIR" in record["flags"]["run"]
    assert record["metrics"]["controller_runtime_reconcile_total"] == ["controller", "result"]
    assert "missingPermissions" in record["keys"]["/status"]


def removed_name(there: Surface) -> None:
    there["names"]["plugin_operator"].remove("controller")


def removed_command(there: Surface) -> None:
    del there["flags"]["run"]


def removed_label(there: Surface) -> None:
    there["metrics"]["controller_runtime_reconcile_total"].remove("result")


def added_label(there: Surface) -> None:
    there["metrics"]["controller_runtime_reconcile_total"].append("zone")


def renamed_key(there: Surface) -> None:
    keys = there["keys"]["/status"]
    keys[keys.index("state")] = "phase"


@pytest.mark.parametrize("change", [removed_name, removed_command, removed_label, added_label, renamed_key])
def test_what_would_break_users_is_named(change: Callable[[Surface], None]) -> None:
    there: Surface = json.loads(json.dumps(recorded()))
    change(there)

    assert len(broken_promises(recorded(), there)) == 1


def test_additions_break_no_promise() -> None:
    there: Surface = json.loads(json.dumps(recorded()))
    there["names"]["plugin_operator"].append("something_new")
    there["metrics"]["plugin_operator_new_total"] = ["plugin"]

    assert broken_promises(recorded(), there) == []


def test_the_documents_of_all_commands_are_known() -> None:
    printing = [
        path.relative_to(OPERATOR).as_posix()
        for path in sorted(OPERATOR.glob("cli/**/*.py"))
        if "print_document(" in path.read_text() and path.name != "output.py" and keys_in(path)
    ]
    known = {module for modules in DOCUMENTS.values() for module in modules}
    # It prints what cli/checking/report.py makes.
    known.add("cli/checking/printing.py")
    # They print objects of Kubernetes.
    known |= {"cli/commands/crd.py", "cli/commands/manifests.py"}

    assert [module for module in printing if module not in known] == [], "add it to DOCUMENTS in tests/surface.py"
