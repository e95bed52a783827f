"""The software bill of materials in the wheel: what the pinned requirements hold, as CycloneDX 1.6.

``make lock`` writes ``requirements/sbom.cdx.json`` from ``requirements/runtime.txt``; the wheel carries it in
``.dist-info/sboms`` (PEP 770). Licences and the graph come from the metadata of the installed packages. The same pins
give the same bytes on every platform and version of Python.
"""

import json
import re
import tomllib
import uuid
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PATH = ROOT / "requirements" / "sbom.cdx.json"
_NAME = "plugin-operator"
_LICENCE_FIELDS = ("License-Expression", "License", "Classifier")
#: What packages without a licence expression say instead, and the SPDX expression of it.
_OLD_NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


def pins(text: str) -> dict[str, tuple[str, list[str]]]:
    """Return version and SHA-256 hashes of each package in a requirements file, by normalized name."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        before, *hashes = line.split("--hash=sha256:")
        requirement = Requirement(before.strip())
        (pin,) = requirement.specifier
        found[canonicalize_name(requirement.name)] = pin.version, sorted(each.strip() for each in hashes)
    return found


def bill_of_materials(root: Path = ROOT) -> str:
    """Return the document for the pins under ``root``.

    Raises:
        ValueError: an installed package has another version than its pin.
        PackageNotFoundError: a pinned package is not installed.
    """
    pinned = pins((root / "requirements" / "runtime.txt").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    version = project["version"]
    main = _purl(_NAME, version)
    installed = {name: _installed(name, pinned[name][0]) for name in pinned}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "pre-build"}],
            "component": {
                "type": "application",
                "bom-ref": main,
                "name": _NAME,
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": main,
            },
        },
        "components": [_component(name, *pinned[name], installed[name]) for name in sorted(pinned)],
        "dependencies": _graph(main, project["dependencies"], pinned, installed),
    }
    content = json.dumps(document, sort_keys=True)
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, content).urn
    return json.dumps(document, indent=1) + "\n"


def _installed(name: str, version: str) -> Distribution:
    found = distribution(name)
    if found.version != version:
        raise ValueError(f"{name} {found.version} is installed and {version} is pinned: run make setup")
    return found


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _component(name: str, version: str, hashes: list[str], installed: Distribution) -> dict[str, Any]:
    purl = _purl(name, version)
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "scope": "required"}
    if expression := licence_of(installed):
        is_id = re.fullmatch(r"[\w.+-]+", expression)
        return component | _rest(purl, hashes, {"license": {"id": expression}} if is_id else {"expression": expression})
    return component | _rest(purl, hashes, None)


def _rest(purl: str, hashes: list[str], licence: dict[str, Any] | None) -> dict[str, Any]:
    # The pins are of several files, one for each platform: they are hashes of the distribution, not of a component.
    files = [{"alg": "SHA-256", "content": each} for each in hashes]
    return {
        **({"licenses": [licence]} if licence else {}),
        "purl": purl,
        "externalReferences": [{"type": "distribution", "url": purl, "hashes": files}],
    }


def licence_of(installed: Distribution) -> str:
    """Return the SPDX expression of a package; empty if its metadata has none that is known."""
    fields = installed.metadata
    for claim in [text for name in _LICENCE_FIELDS for text in fields.get_all(name) or ()]:
        try:
            return str(canonicalize_license_expression(_OLD_NAMES.get(claim, claim)))
        except InvalidLicenseExpression:
            continue
    return ""


def _graph(
    main: str, declared: list[str], pinned: dict[str, Any], installed: dict[str, Distribution]
) -> list[dict[str, Any]]:
    edges = {_purl(name, pinned[name][0]): _needs(installed[name].requires or (), pinned) for name in pinned}
    edges[main] = _needs(declared, pinned)
    return [{"ref": ref, "dependsOn": edges[ref]} for ref in sorted(edges)]


def _needs(requires: Any, pinned: dict[str, Any]) -> list[str]:
    """Return what is needed on some platform; what only an extra needs is left out."""
    wanted = [Requirement(text) for text in requires]
    names = {canonicalize_name(each.name) for each in wanted if "extra ==" not in str(each.marker)}
    return sorted(_purl(name, pinned[name][0]) for name in names & pinned.keys())


if __name__ == "__main__":
    PATH.write_text(bill_of_materials())
