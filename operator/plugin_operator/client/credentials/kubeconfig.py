"""One context of a kubeconfig as plain values.

Leaves files to ``kubeconfig_files``, and credentials to ``kubeconfig_source``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from plugin_operator.client.credentials.kubeconfig_files import Entry, MergedKubeconfig, merged
from plugin_operator.client.credentials.server_url import split_server
from plugin_operator.errors import ConfigError

_MAX_LISTED = 20
_CLUSTER_TEXTS = ("certificate-authority", "certificate-authority-data", "proxy-url", "tls-server-name")
_USER_TEXTS = ("client-certificate", "client-certificate-data", "client-key", "client-key-data", "tokenFile")


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
    files = merged(paths, source)
    chosen = name or files.current
    if not chosen:
        raise ConfigError(
            f"the kubeconfig {source} has no current-context: choose one with --context; it has: {_names(files)}"
        )
    if chosen not in files.entries["contexts"]:
        asked = "--context: " if name else ""
        why = "" if name else ", its current-context"
        raise ConfigError(f'{asked}the kubeconfig {source} has no context "{chosen}"{why}; it has: {_names(files)}')
    try:
        return _context(files, chosen)
    except ValueError as error:
        raise ConfigError(f"the kubeconfig {source} cannot be used: {error}") from error


def _context(files: MergedKubeconfig, name: str) -> KubeconfigContext:
    """Return a context with the entries that it names.

    Raises:
        ValueError: the entries are not there, or lack what is needed.
    """
    place = f"the context {name!r}"
    content = files.entries["contexts"][name].content
    cluster = _named(files, "cluster", _text(content, "cluster", place), place)
    if cluster is None:
        raise ValueError(f"{place} names no cluster")
    # kubectl rejects a context without its user too: the file may be half-written.
    user = _named(files, "user", _text(content, "user", place), place) or Entry({}, "")
    server = _text(cluster.content, "server", f"the cluster {content['cluster']!r}")
    if not server:
        raise ValueError(f"the cluster {content['cluster']!r} has no server")
    address, authorization = split_server(server)
    for key in _CLUSTER_TEXTS:
        _text(cluster.content, key, f"the cluster {content['cluster']!r}")
    for key in _USER_TEXTS:
        _text(user.content, key, f"the user {content.get('user')!r}")
    impersonation_of(user.content)
    return KubeconfigContext(
        name, address, _text(content, "namespace", place) or None, cluster.content, user.content, cluster.folder,
        user.folder, authorization,
    )  # fmt: skip


def _named(files: MergedKubeconfig, kind: str, name: str, place: str) -> Entry | None:
    if not name:
        return None
    if name not in files.entries[f"{kind}s"]:
        raise ValueError(f"it has no {kind} {name!r}, which {place} names")
    return files.entries[f"{kind}s"][name]


def _text(content: Mapping[str, Any], key: str, place: str) -> str:
    found = content.get(key)
    if not isinstance(found, str | None):
        raise ValueError(f"{key} of {place} is no text")  # noqa: TRY004 - the caller handles wrong content as one
    return found or ""


def _names(files: MergedKubeconfig) -> str:
    names = list(files.entries["contexts"])
    return ", ".join(names[:_MAX_LISTED]) + ", …" * (len(names) > _MAX_LISTED) or "none"


def impersonation_of(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers for ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``, as client-go sends them.

    Raises:
        ValueError: they have another form, or the user has one of the others without ``as``.
    """
    headers = [("Impersonate-User", str(user["as"]))] if user.get("as") else []
    headers += [("Impersonate-Uid", str(user["as-uid"]))] if user.get("as-uid") else []
    groups, extra = user.get("as-groups") or [], user.get("as-user-extra") or {}
    if (
        not isinstance(groups, list)
        or not isinstance(extra, dict)
        or not all(isinstance(each, list) for each in extra.values())
    ):
        raise ValueError("'as-groups' of the user is a list, and 'as-user-extra' has lists by name")
    headers += [("Impersonate-Group", str(group)) for group in groups]
    for key, values in extra.items():
        headers += [(f"Impersonate-Extra-{quote(str(key).lower(), safe='')}", str(value)) for value in values]
    if headers and not user.get("as"):
        raise ValueError("a user that impersonates needs 'as' beside 'as-uid', 'as-groups' and 'as-user-extra'")
    return tuple(headers)
