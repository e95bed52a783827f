"""The formats that kube-apiserver knows: it warns about any other, and ignores it."""

import difflib

#: As in apiextensions-apiserver's ``pkg/apiserver/validation/formats.go``, without hyphens, as it compares them.
_OF_TEXT = (
    *("bsonobjectid", "byte", "cidr", "creditcard", "date", "datetime", "duration", "email", "hexcolor", "hostname"),
    *("ipv4", "ipv6", "isbn", "isbn10", "isbn13", "k8slongname", "k8sshortname", "mac", "password", "rgbcolor", "ssn"),
    *("uri", "uuid", "uuid3", "uuid4", "uuid5"),
)
_WRITTEN = {"datetime": "date-time", "k8slongname": "k8s-long-name", "k8sshortname": "k8s-short-name"}
_OF_NUMBERS = {"integer": ("int32", "int64"), "number": ("float", "double")}


def format_problem(name: str, type_: str) -> str:
    """Return why a format cannot stand beside a type, and the way out; empty if it can."""
    plain = name.replace("-", "")
    known = _OF_NUMBERS.get(type_) or (_OF_TEXT if type_ == "string" else ())
    if plain in known:
        return ""
    if not known:
        return "it is for numbers and texts"
    if plain in {*_OF_TEXT, *(each for names in _OF_NUMBERS.values() for each in names)}:
        return f"{name!r} is for another type than {type_}"
    near = difflib.get_close_matches(plain, known, n=1)
    hint = f"did you mean {_WRITTEN.get(near[0], near[0])!r}?" if near else f"it knows {', '.join(sorted(known))}"
    return f"the API server does not know {name!r}: {hint}"
