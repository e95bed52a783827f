"""Why a number or a name is none of a port, with the messages of apimachinery."""

from go_regexp import compile_pattern

_LONGEST = 15
PORT_RANGE = "must be between 1 and 65535, inclusive"


def port_number_problems(number: int) -> list[str]:
    """Return why a number is none of a port, empty if it is."""
    return [] if 0 < number < 65536 else [PORT_RANGE]


def port_name_problems(name: str) -> list[str]:
    """Return why a name is none of a port, empty if it is."""
    problems = []
    if len(name.encode()) > _LONGEST:
        problems.append(f"must be no more than {_LONGEST} characters")
    if not compile_pattern("^[-a-z0-9]+$").matches(name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not compile_pattern("[a-z]").matches(name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name and "-" in (name[0], name[-1]):
        problems.append("must not begin or end with a hyphen")
    return problems
