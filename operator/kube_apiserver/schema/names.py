"""Validation of names and labels, with the messages of apimachinery's ``util/validation``."""

import re

_LABEL = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_UNDERSCORED_LABEL = re.compile("_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_UNDERSCORED = re.compile(rf"{_UNDERSCORED_LABEL.pattern}(\.{_UNDERSCORED_LABEL.pattern})*")
_WILDCARD = re.compile(rf"\*\.{_SUBDOMAIN.pattern}")
_LABEL_1035 = re.compile("[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_VALUE = re.compile(f"({_QUALIFIED.pattern})?")
_CONFIG_KEY = re.compile("[-._a-zA-Z0-9]+")


def _message(words: str, form: re.Pattern[str], *examples: str) -> str:
    listed = ",  or ".join(f"'{example}'" for example in examples)
    return f"{words} (e.g. {listed}, regex used for validation is '{form.pattern}')"


def _check(
    value: str, form: re.Pattern[str], limit: int, words: str, *examples: str, unit: str = "characters"
) -> list[str]:
    problems = [f"must be no more than {limit} {unit}"] if len(value.encode()) > limit else []
    return problems if form.fullmatch(value) else [*problems, _message(words, form, *examples)]


def is_dns1123_label(value: str) -> list[str]:
    """Return why ``value`` is not an RFC 1123 label (at most 63 characters), empty if it is."""
    words = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character"
    )
    if _SUBDOMAIN.fullmatch(value) and not _LABEL.fullmatch(value):
        return [*_check(value, _SUBDOMAIN, 63, words), "must not contain dots"]
    return _check(value, _LABEL, 63, words, "my-name", "123-abc")


def is_dns1123_subdomain(value: str) -> list[str]:
    """Return why ``value`` is not an RFC 1123 subdomain (at most 253 characters), empty if it is."""
    words = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _check(value, _SUBDOMAIN, 253, words, "example.com")


def is_underscored_subdomain(value: str) -> list[str]:
    """Return why ``value`` is not an RFC 1123 subdomain that may have underscores, empty if it is."""
    words = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _check(value, _UNDERSCORED, 253, words, "example.com")


def is_wildcard_subdomain(value: str) -> list[str]:
    """Return why ``value`` is not an RFC 1034 wildcard such as ``*.example.com``, empty if it is."""
    words = (
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
        "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
    )
    return _check(value, _WILDCARD, 253, words, "*.example.com")


def is_dns1035_label(value: str) -> list[str]:
    """Return why ``value`` is not an RFC 1035 label, the form of Service names; empty if it is."""
    words = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
        "start with an alphabetic character, and end with an alphanumeric character"
    )
    return _check(value, _LABEL_1035, 63, words, "my-name", "abc-123")


def is_path_segment(value: str) -> list[str]:
    """Return why ``value`` is not a URL path segment, the form of RBAC object names; empty if it is."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in value]


def is_qualified_name(value: str) -> list[str]:
    """Return why ``value`` is not a label or annotation key, empty if it is."""
    prefix, slash, name = value.rpartition("/")
    words = (
        "name part must consist of alphanumeric characters, '-', '_' or '.', "
        "and must start and end with an alphanumeric character"
    )
    problems = []
    if slash:
        if "/" in prefix:
            words = (
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', "
                "and must start and end with an alphanumeric character"
            )
            message = _message(words, _QUALIFIED, "MyName", "my.name", "123-abc")
            return [f"{message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        if not prefix:
            problems.append("prefix part must be non-empty")
        else:
            problems += [f"prefix part {problem}" for problem in is_dns1123_subdomain(prefix)]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not _QUALIFIED.fullmatch(name):
        problems.append(_message(words, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return problems


def is_label_value(value: str) -> list[str]:
    """Return why ``value`` is not a label value, empty if it is."""
    words = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _check(value, _VALUE, 63, words, "MyValue", "my_value", "12345", unit="bytes")


def is_config_key(value: str) -> list[str]:
    """Return why ``value`` is not a key of a ConfigMap or Secret, empty if it is."""
    words = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    problems = _check(value, _CONFIG_KEY, 253, words, "key.name", "KEY_NAME", "key-name")
    if value in (".", ".."):
        problems.append(f"must not be '{value}'")
    elif value.startswith(".."):
        problems.append("must not start with '..'")
    return problems
