"""Import statements: modules of the plugin and its helpers by name, and everything else as external."""

import ast

from plugin_operator.hosting.permissions.source.facts.program import ModuleInfo, exported
from plugin_operator.hosting.permissions.source.facts.state import Frame, State
from plugin_operator.hosting.permissions.source.facts.values import External, Module, Value, value
from plugin_operator.hosting.permissions.source.interpreter.attributes import external_value


def bind_imports(node: ast.Import | ast.ImportFrom, frame: Frame, state: State) -> None:
    """Bind the names of an import statement."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            state.bind(frame.scope, alias.asname or name, _module(name, state))
        return
    base = _absolute(node, frame.module)
    for alias in node.names:
        if alias.name == "*":
            _star(base, frame, state)
        else:
            state.bind(frame.scope, alias.asname or alias.name, _member(base, alias.name, state))


def _absolute(node: ast.ImportFrom, module: ModuleInfo) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
    return ".".join([*parts, *([node.module] if node.module else [])])


def _module(name: str, state: State) -> Value:
    found = state.modules.get(name)
    if found is not None:
        return value(Module(found))
    return value(External(name))


def _member(base: str, name: str, state: State) -> Value:
    module = state.modules.get(base)
    found = exported(module, name) if module is not None else frozenset()
    if found:
        return found
    below = state.modules.get(f"{base}.{name}" if base else name)
    if below is not None:
        return value(Module(below))
    if module is not None:
        return frozenset()
    return external_value(f"{base}.{name}", state)


def _star(base: str, frame: Frame, state: State) -> None:
    module = state.modules.get(base)
    if module is not None and module is not frame.module and module not in frame.scope.stars:
        frame.scope.stars.append(module)
        state.is_changed = True
