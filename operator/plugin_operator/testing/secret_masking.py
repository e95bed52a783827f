"""The data of Secrets that the API servers of tests were given, and its masking in text.

Owns what counts as such data. Masking reports is left to ``pytest_plugin``, which knows pytest.
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

#: Shorter values are no secrets, and masking them would leave no text that can be read.
MIN_CHARACTERS = 4

# A shorter one is masked only where it is a word: "admin" is not in "administrator".
_WORD_CHARACTERS = 8
# So many characters in a row that a text shares with a value are masked, where it shows only a part of it.
_RUN_CHARACTERS = 12
# Of longer values, parts are recognised in so many characters.
_MAX_INDEXED = 16 * 1024
# Where a text was cut at "...", fewer.
_END_CHARACTERS = 3
_MAX_END_CHARACTERS = 1000
_MAX_DEPTH = 20
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_CUT = re.compile(r"\.\.\.|…")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


class SecretValues:
    """The data of all Secrets that API servers were given, deleted ones included."""

    def __init__(self) -> None:
        self._heard: dict[str | bytes, str] = {}
        self._learnt = 0
        self._masks: dict[str, str] = {}
        self._runs: dict[str, str] = {}

    def note(self, raw: bytes) -> None:
        """Take the values of one Secret, given as JSON."""
        secret = msgspec.json.decode(raw)
        metadata = secret.get("metadata") or {}
        name = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        for key, value in _values(secret):
            self._heard.setdefault(value, f"<Secret {name}: {key}>")

    def mask(self, text: str) -> str:
        """Return ``text`` with each of the values, and what may be a part of one, replaced by where it comes from."""
        self._learn()
        if not self._masks:
            return text
        plain = _COLORS.sub("", text)
        masked = self._mask_cut(self._mask_runs(self._mask_whole(plain)))
        return text if masked == plain else masked  # colours may stand within a value

    def _learn(self) -> None:
        """Work out what was heard since the last time: most tests pass and need none of it."""
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
                word = rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"
                text = re.sub(word, mask.replace("\\", r"\\"), text)
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
        """Mask beginnings before an ellipsis, and ends after one."""
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


#: Of all servers of this process. Nothing is forgotten: a later test may show what an earlier one read.
SECRETS = SecretValues()


def watch(server: ApiServer) -> None:
    """Learn the data of each Secret that ``server`` is given from now on."""

    def observe(_bucket: str, change: Change) -> None:
        if b'"kind":"Secret"' in change.item.raw:
            SECRETS.note(change.item.raw)

    server.cluster.store.observe(observe)


def _values(secret: Any, depth: int = 0) -> Iterator[tuple[str, str | bytes]]:
    """Yield name and value of everything that a Secret holds, in the copies that annotations keep as well."""
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
    """Yield the texts by which a value can be seen: as it is, by lines, quoted, encoded, and what JSON in it holds."""
    try:
        text = value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError:
        yield repr(value)[2:-1]
        return
    for each in (text, *text.splitlines(), *_leaves(_json(text))):
        yield each
        yield each.strip()
        yield repr(each)[1:-1]
        yield json.dumps(each)[1:-1]
        yield base64.b64encode(each.encode("utf-8", "surrogatepass")).decode()


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
    """Return how many characters at one end of ``text`` are the other end of ``value``."""
    head = value[-_END_CHARACTERS:] if starts else value[:_END_CHARACTERS]
    near = text[:_MAX_END_CHARACTERS] if starts else text[-_MAX_END_CHARACTERS:]
    if head not in near:
        return 0
    for size in range(min(len(text), len(value), _MAX_END_CHARACTERS), _END_CHARACTERS - 1, -1):
        if text.startswith(value[-size:]) if starts else text.endswith(value[:size]):
            return size
    return 0
