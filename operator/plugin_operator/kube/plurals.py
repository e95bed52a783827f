"""The plural of a kind, as it is in paths."""


def guessed_plural(kind: str) -> str:
    """Return the plural of a built-in kind, or of another as kubebuilder chooses it: ``policies``, ``gateways``."""
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in {*"aeiou"}:
        return f"{word[:-1]}ies"
    return f"{word}s"
