"""Which files a new plugin has, and what is in them."""

import builtins
import keyword
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from plugin_operator.cli.scaffold import templates
from plugin_operator.cli.scaffold.kinds import TargetKind
from plugin_operator.cli.scaffold.samples import code_of, fields_of, object_name
from plugin_operator.kube.plurals import guessed_plural
from plugin_operator.kube.yaml_output import yaml_file

_DOMAIN = "example.com"
#: Names of classes and constants in the plugin of a new kind.
_TAKEN = frozenset(("LABEL", "Annotated", "Any", "ApiObject", "Conditions", "Context", "Request", "Struct"))


class Definition(msgspec.Struct, frozen=True):
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
    def sample(self) -> Path | None:
        """File with a first object of a new kind, named as by kubebuilder."""
        gvk = self.target.gvk
        name = f"{gvk.group}_{gvk.version}_{gvk.kind.lower()}.yaml"
        return self.folder / "samples" / name if self.target.is_custom else None

    def files(self) -> dict[Path, str]:
        """Return the text of each file, the plugin last: a running operator loads it at once."""
        values = self._values()
        if self.sample is not None:
            return {
                self.sample: yaml_file(self._first_object()),
                self.test: templates.TYPED_TEST.substitute(values),
                self.plugin: templates.TYPED_PLUGIN.substitute(values),
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
            "kind": gvk.kind,
            "class_name": self._class_name(),
            "definition": self._definition_arguments(),
            "api_version": gvk.api_version,
            "plural": self.target.plural,
            "singular": gvk.kind.lower(),
            "permission": self._permission(),
            # A Secret's data need not reach a plugin that looks at labels and annotations.
            "metadata_only": "\n    metadata_only=True," if str(gvk) == "v1/Secret" else "",
            "object_name": name,
            "object_path": f"default/{name}" if is_namespaced else name,
            "namespace_item": '"namespace": "default", ' if is_namespaced else "",
            "namespace_end": ', "namespace": "default"' if is_namespaced else "",
            "child_namespace": "obj.metadata.namespace" if is_namespaced else '"default"',
            **self._test_values(),
        }

    def _first_object(self) -> dict[str, Any]:
        """Return an object of a new kind. Its namespace is written out, for ``sandbox --seed``."""
        gvk = self.target.gvk
        namespace = {"namespace": "default"} if self.target.namespaced else {}
        metadata = {"name": object_name(gvk), **namespace}
        spec = {"message": "hello"}
        return {"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": metadata, "spec": spec}

    def _class_name(self) -> str:
        """Return the kind, or another name if the plugin's code has the kind's for something else."""
        kind = self.target.gvk.kind
        return f"{kind}Object" if kind in _TAKEN or keyword.iskeyword(kind) or hasattr(builtins, kind) else kind

    def _definition_arguments(self) -> str:
        """Return the arguments of ``@resource`` that differ from its defaults."""
        plural, kind = self.target.plural, self.target.gvk.kind
        given = [f'plural="{plural}"'] * (plural != guessed_plural(kind))
        given += ['scope="Cluster"'] * (not self.target.namespaced)
        return "".join(f"\n    {each}," for each in given)

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
