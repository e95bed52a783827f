"""One context of a kubeconfig as plain values.

Leaves merging and checking of the files to kubernetes-asyncio, and credentials to ``kubeconfig_source``.
"""

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plugin_operator.client.credentials.kubeconfig_loader import config_exception, kube_config
from plugin_operator.client.credentials.server_url import split_server
from plugin_operator.errors import ConfigError

_MAX_LISTED = 20


@dataclass(frozen=True, slots=True)
class KubeconfigContext:
    """A context as plain values.

    Attributes:
        name: name of the context.
        server: URL, without name and password.
        server_authorization: value of the header if the URL has name and password.
        namespace: namespace of the context, or None.
        cluster, user: entries of the file, unchanged.
        cluster_folder, user_folder: folders that relative paths in these entries start from.
    """

    name: str
    server: str
    namespace: str | None
    cluster: Mapping[str, Any] = field(repr=False)
    user: Mapping[str, Any] = field(repr=False)
    cluster_folder: str
    user_folder: str
    server_authorization: str | None = field(default=None, repr=False)


def read_context(paths: str, name: str | None, source: str) -> KubeconfigContext:
    """Read one context from kubeconfig files.

    Args:
        paths: paths as in ``$KUBECONFIG``.
        name: name of the context; None for the current one.
        source: name of the files in messages.

    Raises:
        ConfigError: no file exists, or their content is not valid.
    """
    if not existing(paths):
        raise ConfigError(f"the kubeconfig {source} does not exist")
    library = kube_config()
    try:
        config = library.KubeConfigMerger(paths).config
        _check_context(config, name, source)
        # The loader checks that the parts fit together.
        loader = library.KubeConfigLoader(config_dict=config, active_context=name, config_base_path=None)
        chosen = loader.current_context["context"]
        cluster = config["clusters"].get_with_name(chosen["cluster"])
        user = _user(config, chosen.get("user"))
        server, authorization = split_server(str(cluster["cluster"]["server"]))
        context = KubeconfigContext(
            str(name or config["current-context"]),
            server,
            chosen.get("namespace"),
            copy.deepcopy(cluster["cluster"].value),
            copy.deepcopy(user["user"].value) if user is not None and user.safe_get("user") else {},
            _folder(cluster),
            _folder(user),
            authorization,
        )
        impersonation_of(context.user)
    except (config_exception(), OSError, ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:
        raise ConfigError(f"the kubeconfig {source} cannot be used: {error}") from error
    except library.yaml.YAMLError as error:
        raise ConfigError(f"the kubeconfig {source} is not valid YAML{_place(error)}") from None
    except RecursionError as error:
        raise ConfigError(f"the kubeconfig {source} is nested too deeply") from error
    return context


def _check_context(config: Any, name: str | None, source: str) -> None:
    """Check that the kubeconfig has the context ``name``.

    Raises:
        ConfigError: it does not; the message lists its contexts.
    """
    entries = config.value.get("contexts") if name else None
    names = [str(entry["name"]) for entry in entries or () if "name" in entry]
    if name and name not in names:
        has = ", ".join(names[:_MAX_LISTED]) + ", …" * (len(names) > _MAX_LISTED)
        raise ConfigError(f'--context: the kubeconfig {source} has no context "{name}"; it has: {has or "none"}')


def existing(paths: str) -> list[Path]:
    """Return the existing files of ``$KUBECONFIG``."""
    found = [Path(path).expanduser() for path in paths.split(os.pathsep) if path]
    return [path for path in found if path.exists()]


def impersonation_of(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers for ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``, as client-go sends them.

    Raises:
        ValueError: the user has one of the others without ``as``.
    """
    headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
    headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(key.lower(), safe='')}", str(value)) for value in values]
    if headers and not user.get("as"):
        raise ValueError("a user that impersonates needs 'as' beside 'as-uid', 'as-groups' and 'as-user-extra'")
    return tuple(headers)


def _user(config: Any, name: str | None) -> Any:
    """Return the entry of a context's user; None for a context without one.

    Raises:
        ValueError: there is no such entry, as in a half-written file; kubectl rejects it too.
    """
    if not name:
        return None
    user = config["users"].get_with_name(name, safe=True) if config.safe_get("users") else None
    if user is None:
        raise ValueError(f"it has no user {name!r}, which the context names")
    return user


def _place(error: Any) -> str:
    """Return the position of a YAML error without the parser's message, which may quote a token."""
    mark = getattr(error, "problem_mark", None)
    return f", in {mark.name} at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""


def _folder(node: Any) -> str:
    path = getattr(node, "path", None)
    return str(Path(path).absolute().parent) if path else ""
