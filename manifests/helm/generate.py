"""Write the Helm chart in ``manifests/chart``: ``python -m manifests.helm.generate``.

The chart has no truth of its own: its objects and defaults are those of the manifests, its flags those of the command
line, its version that of the project.
"""

import json
import shutil
import sys
import tomllib
from itertools import groupby
from pathlib import Path

import yaml

from manifests.helm import flags, values
from manifests.helm.objects import Sources, templates
from manifests.helm.values import SOURCE

ROOT = Path(__file__).parents[2]
CHART = ROOT / "manifests" / "chart"
_NOTICE = "make chart writes this file from the manifests"


def chart() -> dict[str, str]:
    """Return the text of each file of the chart by its path."""
    sources = Sources()
    known = values.facts(sources)
    defaults = values.filled((SOURCE / "values.yaml").read_text(), known)
    schema = values.schema(yaml.safe_load(defaults))
    files = {
        "Chart.yaml": _chart_yaml(),
        "values.yaml": f"# {_NOTICE}, and from manifests/helm/source/values.yaml.\n\n{defaults}",
        "values.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        "templates/_helpers.tpl": _helpers(),
        "templates/NOTES.txt": (SOURCE / "NOTES.txt").read_text(),
    }
    for file, documents in groupby(templates(sources), lambda template: template.file):
        lines = [line for document in documents for line in document.lines()]
        head = '{{- include "plugin-operator.check" $ }}\n' if file == "deployment.yaml" else ""
        files[f"templates/{file}"] = f"{{{{- /* {_NOTICE}. */}}}}\n{head}" + "\n".join(lines) + "\n"
    for path in sorted((SOURCE / "ci").glob("*.yaml")):
        files[f"ci/{path.name}"] = values.filled(path.read_text(), known)
    return files


def _chart_yaml() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return f"# {_NOTICE} and pyproject.toml.\n" + yaml.safe_dump(
        {
            "apiVersion": "v2",
            "type": "application",
            "name": project["name"],
            "description": project["description"],
            "version": project["version"],
            "appVersion": project["version"],
            "keywords": project["keywords"],
        },
        sort_keys=False,
        width=10**9,
    )


def _helpers() -> str:
    text = (SOURCE / "_helpers.tpl").read_text()
    lease = next(
        option.default for option in flags.run_flags() if flags.name_of(option) == "leader-elect-resource-name"
    )
    refusals = [f'  "{flag}" "{reason}"' for flag, reason in sorted(flags.refusals().items())]
    return text.replace("@lease@", str(lease)).replace("@refusals@", "\n".join(refusals))


def write(files: dict[str, str], folder: Path) -> None:
    """Make ``folder`` hold exactly ``files``."""
    if folder.exists():
        shutil.rmtree(folder)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main() -> int:
    """Write the chart."""
    write(chart(), CHART)
    sys.stdout.write(f"{CHART.relative_to(ROOT)}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
