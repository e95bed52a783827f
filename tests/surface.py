"""What users build on: public names, flags, metrics and keys of JSON; and what a release promised of them.

``.ci/release/surface.json`` is the record of the last release, or of the first until there is one. ``make surface``
writes it, and a release is refused while the record lacks something. Additions break nothing and may wait.
"""

import ast
import importlib
import json
import sys
from pathlib import Path

from tests.declared import declarations, options
from tests.pages import ROOT
from tests.typed_kinds import kinds_by_module

RECORD = ROOT / ".ci" / "release" / "surface.json"
OPERATOR = ROOT / "operator" / "plugin_operator"
PUBLIC = ("plugin_operator", "plugin_operator.testing", "kube_apiserver")
#: Each document for machines, and the modules that make it. ``check`` and ``validate`` print the same one.
DOCUMENTS = {
    "/status": ("app/reports/status_report.py", "hosting/reporting/status.py", "hosting/permissions/missing_rules.py"),
    "check -o json": ("cli/checking/report.py",),
    "finalizers -o json": ("cli/commands/leftovers/finalizers.py",),
    "manifests -o json": ("cli/commands/manifests.py",),
    "new -o json": ("cli/commands/new.py",),
    "orphans -o json": ("cli/commands/leftovers/orphans.py",),
    "rbac -o json": ("cli/commands/rbac.py", "hosting/permissions/roles.py"),
    "requirements -o json": ("cli/commands/requirements.py",),
    "sign -o json": ("cli/commands/sign.py",),
    "version -o json": ("cli/versions.py",),
}

Surface = dict[str, dict[str, list[str]]]


def keys_in(path: Path) -> list[str]:
    """Return the keys of all dicts that a module writes as literals."""
    dicts = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Dict)]
    constants = [key.value for each in dicts for key in each.keys if isinstance(key, ast.Constant)]
    return sorted({key for key in constants if isinstance(key, str)})


def surface() -> Surface:
    """Return what is there: names by module, flags by command, labels by metric, keys by document."""
    flags: dict[str, list[str]] = {}
    for names, commands in options().items():
        for command, option in commands.items():
            flags.setdefault(command, []).extend([*names, *(f"${name}" for name in option.envvar or ())])
    return {
        "names": {
            **{module: sorted(importlib.import_module(module).__all__) for module in PUBLIC},
            **{f"plugin_operator.kinds.{name}": kinds for name, kinds in kinds_by_module().items()},
        },
        "flags": {command: sorted(flags[command]) for command in sorted(flags)},
        "metrics": {name: sorted(each.labels) for name, each in sorted(declarations().items())},
        "keys": {
            document: sorted({key for module in modules for key in keys_in(OPERATOR / module)})
            for document, modules in DOCUMENTS.items()
        },
    }


def recorded() -> Surface:
    """Return the record."""
    record: Surface = json.loads(RECORD.read_text())
    return record


def broken_promises(promised: Surface, there: Surface) -> list[str]:
    """Name what was promised and is gone, and metrics with other labels: another label splits each series."""
    broken = []
    for group, owners in promised.items():
        for owner, names in owners.items():
            found = there.get(group, {}).get(owner)
            if found is None:
                broken.append(f"{group}: {owner} is gone")
            elif group == "metrics" and found != names:
                broken.append(f"metrics: {owner} has labels {found}, not {names}")
            else:
                broken += [f"{group}: {owner} has no {name} any more" for name in names if name not in found]
    return broken


def write_record() -> None:
    """Make what is there the record."""
    RECORD.write_text(json.dumps(surface(), indent=1) + "\n")


if __name__ == "__main__":
    if "--check" in sys.argv and recorded() != surface():
        sys.exit(
            ".ci/release/surface.json is not what is there: run make surface, and read its difference before the commit"
        )
    if "--check" not in sys.argv:
        write_record()
