"""Files with handlers of kopf, which declare nothing here, and the way out."""

from types import ModuleType

OF_KOPF = (
    "handlers of kopf do not run here: one function with @controller(for_='v1/ConfigMap') takes their place "
    "(see 'Coming from kopf' in the docs)"
)


def uses_kopf(module: ModuleType) -> bool:
    """Report whether a module has imported kopf."""
    modules = (value.__name__ for value in vars(module).values() if type(value) is ModuleType)
    return any(name.partition(".")[0] == "kopf" for name in modules)
