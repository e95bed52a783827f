"""What two servers may freely choose, replaced by words that say only what matters about it.

Identities and resource versions become numbers in order of their first appearance, so that "did it change" is still
compared; times, ages, tokens and generated suffixes become one word each.
"""

import json
import re
from typing import Any

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_AGE = re.compile(r"^(\d+[smhd]){1,2}$")
_ADDRESS = re.compile(r"127\.0\.0\.1:\d+|10\.0\.\d+\.\d+")
_VERSION_IN_TEXT = re.compile(
    r'(?<=resourceVersion":")\d+|(?<=resourceVersion\\":\\")\d+'
    r"|(?<=in record \()\d+(?=\))|(?<=in the precondition \()\d+(?=\))"
)
# How far the server is, and from where on it remembers, depends on what its controllers wrote meanwhile.
_CURRENT = re.compile(r"(?<=, current: )\d+")
_HASH = re.compile(r"(?<=\?hash=)[0-9A-F]+")
_TOO_OLD = re.compile(r"(?<=too old resource version: )(\d+) \(\d+\)")
# Issued ones are long, those that cases make up are words.
_LONGEST_MADE_UP_TOKEN = 40
_SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}"
# The order of the rules comes from iterating over a Go map, that of the managers from whose second was over first.
_UNORDERED = {"resourceRules", "nonResourceRules", "managedFields"}
# kube-apiserver serves a group for seconds after its case has deleted the definition.
_GROUP_OF_A_CASE = re.compile(r"w[bcdfghjklmnpqrstvwxz]{8}\.example\.com")


def _canonical(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _named(item: Any) -> str:
    """Return the name of a group in discovery, or of an object in a list."""
    metadata = item.get("metadata", item) if isinstance(item, dict) else {}
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _are_conflicts(causes: list[Any]) -> bool:
    """Tell whether these are conflicts with field managers, which kube-apiserver keeps in a Go map."""
    return all(isinstance(each, dict) and each.get("reason") == "FieldManagerConflict" for each in causes)


class Normaliser:
    """The numbering of one play of one case on one server."""

    __slots__ = ("_prefixes", "_uids", "_versions", "_words")

    def __init__(self, words: dict[str, str]) -> None:
        self._uids: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._words = words
        self._prefixes: list[re.Pattern[str]] = []

    def expect_suffix(self, prefix: str) -> None:
        """From now on, a name that the server made from this ``generateName`` is one word."""
        self._prefixes.append(re.compile(f"(?<={re.escape(prefix)}){_SUFFIX}"))

    def text(self, text: str) -> str:
        """Normalise free text, such as a message or a key."""
        for value, word in self._words.items():
            text = text.replace(value, word)
        for prefix in self._prefixes:
            text = prefix.sub("<random>", text)
        text = _HASH.sub("<hash>", _CURRENT.sub("<current>", text))
        text = _TOO_OLD.sub(lambda match: f"{self.version(match[1])} (<oldest>)", text)
        text = _VERSION_IN_TEXT.sub(lambda match: self.version(match[0]), text)
        text = _UID.sub(lambda match: self._number(self._uids, match[0], "uid"), text)
        return _ADDRESS.sub("<address>", _TIME.sub("<time>", text))

    def value(self, value: Any, key: str = "") -> Any:
        """Normalise a JSON value; ``key`` is the name it has in the object around it."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            if key in ("groups", "items"):
                value = [item for item in value if not self._is_group_of_another_case(_named(item))]
            items = [self.value(item, "cell" if key == "cells" else "") for item in value]
            is_unordered = key in _UNORDERED or (key == "causes" and _are_conflicts(items))
            return sorted(items, key=_canonical) if is_unordered else items
        if isinstance(value, str):
            return self._string(value, key)
        return value

    def _is_group_of_another_case(self, name: str) -> bool:
        return bool(_GROUP_OF_A_CASE.fullmatch(name)) and not any(word in name for word in self._words)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("type") == "BOOKMARK":
            value = {**value, "object": self._bookmark(value["object"])}
        is_list = "items" in value or "rows" in value
        return {
            self.text(key): self._list_metadata(item)
            if key == "metadata" and is_list and isinstance(item, dict)
            else self.value(item, key)
            for key, item in value.items()
        }

    def _bookmark(self, marked: dict[str, Any]) -> dict[str, Any]:
        marked = {**marked, "metadata": self._list_metadata(marked["metadata"])}
        if "rows" in marked:
            marked["rows"] = [{**row, "object": self._bookmark(row["object"])} for row in marked["rows"]]
        return marked

    def _list_metadata(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The version of a list or a bookmark moves with every write on the server, so only its presence counts."""
        words = {"resourceVersion": "<version>", "continue": "<token>"}
        return {key: words[key] if item and key in words else item for key, item in metadata.items()}

    def _string(self, value: str, key: str) -> str:
        if key == "resourceVersion":
            return self.version(value) if value.isdigit() and value != "0" else value
        if key == "storageVersionHash":
            return "<hash>"
        if key == "continue" and value:
            return "<token>"
        if key == "token" and len(value) > _LONGEST_MADE_UP_TOKEN:
            return "<token>"
        if key == "cell" and _AGE.match(value):
            return "<age>"
        return self.text(value)

    def version(self, value: str) -> str:
        """Number a resource version by its first appearance."""
        return self._number(self._versions, value, "version")

    @staticmethod
    def _number(seen: dict[str, str], value: str, noun: str) -> str:
        return seen.setdefault(value, f"<{noun} {len(seen) + 1}>")
