"""Which files a new plugin has, and what is in them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin_operator.cli.scaffold import templates
from plugin_operator.cli.scaffold.kinds import TargetKind
from plugin_operator.cli.scaffold.samples import code_of, fields_of, object_name

_DOMAIN = "example.com"


@dataclass(frozen=True, slots=True)
class Definition:
    """A CustomResourceDefinition that exists: its file, and the fields that its objects need."""

    path: Path
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewPlugin:
    """The files of a new plugin in a project's folder.

    Attributes:
        name: name of the plugin.
        target: the kind that it reconciles.
        folder: folder of the project.
        definition: the CustomResourceDefinition of a kind that belongs to others; None for built-in and own kinds.
    """

    name: str
    target: TargetKind
    folder: Path
    definition: Definition | None = None
    label: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the label that marks the plugin's objects."""
        object.__setattr__(self, "label", f"{_DOMAIN}/{self.name}")

    @property
    def plugin(self) -> Path:
        """File of the plugin."""
        return self.folder / "plugins" / f"{self.name}.py"

    @property
    def test(self) -> Path:
        """File of its test."""
        return self.folder / "tests" / f"test_{self.name}.py"

    @property
    def crd(self) -> Path | None:
        """File of the CustomResourceDefinition that the plugin brings."""
        return self.folder / "crds" / f"{self.target.plural}.yaml" if self.target.is_custom else None

    def files(self) -> dict[Path, str]:
        """Return the text of each file, the plugin last: a running operator loads it at once."""
        values = self._values()
        if self.crd is not None:
            return {
                self.crd: templates.DEFINITION.substitute(values),
                self.test: templates.OWNING_TEST.substitute(values),
                self.plugin: templates.OWNING_PLUGIN.substitute(values),
            }
        return {
            self.test: templates.ANNOTATING_TEST.substitute(values),
            self.plugin: templates.ANNOTATING_PLUGIN.substitute(values),
        }

    def _values(self) -> dict[str, str]:
        gvk, is_namespaced = self.target.gvk, self.target.namespaced
        name = object_name(gvk)
        return {
            "name": self.name,
            "label": self.label,
            "gvk": str(gvk),
            "group": gvk.group,
            "version": gvk.version,
            "kind": gvk.kind,
            "api_version": gvk.api_version,
            "plural": self.target.plural,
            "singular": gvk.kind.lower(),
            "scope": "Namespaced" if is_namespaced else "Cluster",
            "permission": self._permission(),
            # A Secret's data need not reach a plugin that looks at labels and annotations.
            "metadata_only": "\n    metadata_only=True," if str(gvk) == "v1/Secret" else "",
            "object_name": name,
            "object_path": f"default/{name}" if is_namespaced else name,
            "namespace_item": '"namespace": "default", ' if is_namespaced else "",
            "namespace_end": ', "namespace": "default"' if is_namespaced else "",
            "child_namespace": 'obj["metadata"]["namespace"]' if is_namespaced else '"default"',
            **self._test_values(),
        }

    def _permission(self) -> str:
        group = f', api_groups="{self.target.gvk.group}"' if self.target.gvk.group else ""
        return f'permission("{self.target.plural}", ["patch"]{group})'

    def _test_values(self) -> dict[str, str]:
        fields = self.definition.fields if self.definition is not None else fields_of(self.target.gvk)
        lines = [f"\n        {code_of(key, 0)}: {code_of(value, 8, len(key) + 4)}," for key, value in fields.items()]
        crd = "" if self.definition is None else os.path.relpath(self.definition.path, self.test.parent)
        return {
            "fields": "".join(lines),
            "crd_constant": f"\nCRD = {code_of(crd, 0)}" if crd else "",
            "crds_argument": "crds=[CRD], " if crd else "",
            "objects_argument": "objects",
        }
