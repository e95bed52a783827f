"""The version of Kubernetes whose API the server has."""

MAJOR, MINOR = "1", "37"
#: The oldest minor version that it can stand in for, which decides what rules may call.
COMPATIBLE_MINOR = "36"
