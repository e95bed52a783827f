"""Masking of Secret data in text, for all Secrets on the API servers of tests.

Owns which values are masked. Leaves test reports to ``pytest_plugin``.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kube_apiserver import ApiServer
from kube_apiserver.storage import Change

#: Shorter values are not masked, because the text would become unreadable.
MIN_CHARACTERS = 4

# Shorter values are masked as whole words only: "admin", but not in "administrator".
_WORD_CHARACTERS = 8
# Least number of consecutive characters of a value that are masked in a text that contains only a part of it.
_RUN_CHARACTERS = 12
# The same for long values.
_MAX_INDEXED = 16 * 1024
# The same next to an ellipsis, where a text was truncated.
_END_CHARACTERS = 3
_MAX_END_CHARACTERS = 1000
_MAX_DEPTH = 20
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CUT = re.compile(r"\.\.\.|…")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


class SecretValues:
    """The values of all Secrets that API servers have received, including deleted ones."""

    def __init__(self) -> None:
        self._heard: dict[str | bytes, str] = {}
        self._learnt = 0
        self._masks: dict[str, str] = {}
        self._runs: dict[str, str] = {}

    def note(self, raw: bytes) -> None:
        """Add the values of one Secret in JSON."""
        secret = msgspec.json.decode(raw)
        metadata = secret.get("metadata") or {}
        name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        for key, value in _values(secret):
            self._heard.setdefault(value, f"<Secret {name}: {key}>")

    def mask(self, text: str) -> str:
        """Return ``text`` with values and parts of them replaced by the name of Secret and key."""
        self._learn()
        if not self._masks:
            return text
        plain = _COLORS.sub("", text)
        masked = self._mask_cut(self._mask_runs(self._mask_whole(plain)))
        return text if masked == plain else masked  # a value may contain colour codes

    def _learn(self) -> None:
        """Process the Secrets added since the last call; on demand, because most tests pass."""
        if self._learnt == len(self._heard):
            return
        for value, mask in list(self._heard.items())[self._learnt :]:
            for text in _forms(value):
                if len(text) >= MIN_CHARACTERS and text not in self._masks:
                    self._masks[text] = mask
                    self._index(text[:_MAX_INDEXED], mask)
        self._learnt = len(self._heard)
        self._masks = {text: self._masks[text] for text in sorted(self._masks, key=len, reverse=True)}

    def _index(self, text: str, mask: str) -> None:
        for start in range(len(text) - _RUN_CHARACTERS + 1):
            self._runs.setdefault(text[start : start + _RUN_CHARACTERS], mask)

    def _mask_whole(self, text: str) -> str:
        for value, mask in self._masks.items():
            if value not in text:
                continue
            if len(value) >= _WORD_CHARACTERS:
                text = text.replace(value, mask)
            else:
                word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])")
                text = word.sub(mask.replace("\\", r"\\"), text)
        return text

    def _mask_runs(self, text: str) -> str:
        parts: list[str] = []
        position = copied = 0
        while position <= len(text) - _RUN_CHARACTERS:
            mask = self._runs.get(text[position : position + _RUN_CHARACTERS])
            if mask is None:
                position += 1
                continue
            end = position + _RUN_CHARACTERS
            while text[end - _RUN_CHARACTERS + 1 : end + 1] in self._runs and end < len(text):
                end += 1
            parts += [text[copied:position], mask]
            position = copied = end
        return "".join([*parts, text[copied:]])

    def _mask_cut(self, text: str) -> str:
        """Mask prefixes of values before an ellipsis, and suffixes after one."""
        for found in reversed(list(_CUT.finditer(text))):
            before, after = text[: found.start()], text[found.end() :]
            after = self._without(after, starts=True)
            text = self._without(before, starts=False) + found[0] + after
        return text

    def _without(self, text: str, *, starts: bool) -> str:
        longest, mask = 0, ""
        for value, its_mask in self._masks.items():
            size = _shared(text, value, starts=starts)
            if size > longest:
                longest, mask = size, its_mask
        if longest < _END_CHARACTERS:
            return text
        return mask + text[longest:] if starts else text[:-longest] + mask


#: Values of all servers of this process, never removed: a later test may show values of an earlier one.
SECRETS = SecretValues()


def watch(server: ApiServer) -> None:
    """Add the values of each Secret that ``server`` receives from now on."""

    def observe(_bucket: str, change: Change) -> None:
        if b'"kind":"Secret"' in change.item.raw:
            SECRETS.note(change.item.raw)

    server.cluster.store.observe(observe)


def _values(secret: Any, depth: int = 0) -> Iterator[tuple[str, str | bytes]]:
    """Yield name and value of all data of a Secret, including copies of it in annotations."""
    if not isinstance(secret, dict) or depth > 1:
        return
    for key, encoded in (secret.get("data") or {}).items():
        yield key, str(encoded)
        try:
            yield key, base64.b64decode(str(encoded), validate=True)
        except (binascii.Error, ValueError):
            continue
    yield from ((key, str(value)) for key, value in (secret.get("stringData") or {}).items())
    applied = ((secret.get("metadata") or {}).get("annotations") or {}).get(_APPLIED)
    if applied:
        yield from _values(_json(applied), depth + 1)


def _forms(value: str | bytes) -> Iterator[str]:
    """Yield the texts in which a value may appear: unchanged, by line, quoted, encoded, and as members of its JSON."""
    try:
        text = value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        yield from _quoted(repr(value)[2:-1])
        return
    for each in (text, *text.splitlines(), *_leaves(_json(text))):
        yield each
        yield each.strip()
        yield from _quoted(repr(each)[1:-1])
        yield from _quoted(json.dumps(each)[1:-1])
        yield base64.b64encode(each.encode("utf-8", "surrogatepass")).decode()


def _quoted(text: str) -> Iterator[str]:
    """Yield a quoted text, and the same quoted once more: the repr of a container of log lines quotes them again."""
    yield text
    yield repr(text)[1:-1]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _MAX_DEPTH and isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each, depth + 1)


def _shared(text: str, value: str, *, starts: bool) -> int:
    """Return the length of the longest overlap between one end of ``text`` and the other end of ``value``."""
    head = value[-_END_CHARACTERS:] if starts else value[:_END_CHARACTERS]
    near = text[:_MAX_END_CHARACTERS] if starts else text[-_MAX_END_CHARACTERS:]
    if head not in near:
        return 0
    for size in range(min(len(text), len(value), _MAX_END_CHARACTERS), _END_CHARACTERS - 1, -1):
        if text.startswith(value[-size:]) if starts else text.endswith(value[:size]):
            return size
    return 0
