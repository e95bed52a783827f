"""One parsed file, and what its expressions stand for.

An answer is given only where it is certain: a name that is bound twice, or bound to what only running code knows,
stands for nothing.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from plugin_operator.hosting.lints.facts import DeclaredController, Found, HelperFunction
from plugin_operator.hosting.lints.scopes import FUNCTIONS, Function, Scope, is_bare_annotation, scopes_of

#: Dotted name of the argument of a reconciler, hook or map function.
CONTEXT = "<ctx>"
_CONTEXTS = frozenset({"Context", "ControllerContext", "MapContext"})
_MAX_STEPS = 20
#: Begins the dotted name of what is in a module beside the plugin.
_OWN = "<own>"
#: Decorators that return the function itself, or one that calls it in the same way.
_TRANSPARENT = frozenset(
    [
        *("plugin_operator.controller", "builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod"),
        *("typing.override", "typing_extensions.override", "functools.cache", "functools.lru_cache"),
    ]
)


@dataclass(eq=False)
class SourceFile:
    """A file of a plugin.

    Args:
        tree: its syntax tree.
        text: its text.
        helpers: the functions of each module beside the plugin, which is not the installed one of that name.
        declared: the controllers that it declares; None if that is unknown.
    """

    tree: ast.Module
    text: str
    helpers: Mapping[str, Mapping[str, HelperFunction]] = field(default_factory=dict)
    declared: Sequence[DeclaredController] | None = None

    def __post_init__(self) -> None:
        self.scopes = scopes_of(self.tree)
        self._lines = self.text.splitlines()
        yields = (node for node in self.scopes.nodes if isinstance(node, ast.Yield | ast.YieldFrom))
        self._own_modules = {each.partition(".")[0] for each in self.helpers}
        self._has_star_import = "*" in self.scopes.inner[self.tree].bindings
        self._generators = {self.function_around(node) for node in yields}

    @cached_property
    def cancelling_functions(self) -> frozenset[ast.AST | None]:
        """The functions that cancel a task."""
        named = (node for node in self.scopes.nodes if isinstance(node, ast.Attribute) and node.attr == "cancel")
        return frozenset(self.function_around(node) for node in named)

    def awaits_and_attributes(self, function: ast.AST | None) -> Sequence[ast.expr]:
        """Return those that a call of a function evaluates itself, in the order of the text."""
        return self._awaits_and_attributes.get(function, ())

    @cached_property
    def _awaits_and_attributes(self) -> dict[ast.AST | None, list[ast.expr]]:
        found: dict[ast.AST | None, list[ast.expr]] = {}
        for node in self.scopes.nodes:
            if isinstance(node, ast.Attribute | ast.Await):
                found.setdefault(self.function_around(node), []).append(node)
        return found

    @property
    def calls(self) -> Iterator[ast.Call]:
        """All calls, in the order of the text."""
        return (node for node in self.scopes.nodes if isinstance(node, ast.Call))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around a node."""
        return self.scopes.parent_of.get(node)

    def function_around(self, node: ast.AST) -> ast.AST | None:
        """Return the function or lambda whose call runs ``node``; None for code that runs at import."""
        return self.scopes.scope_of[node].function

    def found(self, node: ast.expr | ast.stmt | ast.excepthandler, message: str) -> Found:
        """Return a finding at a node."""
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        column = len(line.encode()[: node.col_offset].decode(errors="replace")) + 1
        return Found(node.lineno, column, node.end_lineno or node.lineno, message)

    def dotted(self, node: ast.AST | None, steps: int = _MAX_STEPS) -> str:
        """Return what an expression stands for, or an empty text.

        ``time.sleep`` is the function of that module under any name, ``builtins.input`` the built-in one.
        ``requests.Session()`` is the result of a call, ``<ctx>.client`` the client of a context.
        """
        if steps <= 0:
            return ""
        match node:
            case ast.Name():
                return self._of_name(node, steps)
            case ast.Attribute():
                if (own := self._class_of_self(node.value)) is not None:
                    return self._of_attribute(own, node.attr, steps)
                value = self.dotted(node.value, steps - 1)
                return f"{value}.{node.attr}" if value else ""
            case ast.Call():
                called = self.dotted(node.func, steps - 1)
                return f"{called}()" if called else ""
        return ""

    def called_function(self, call: ast.Call) -> Function | None:
        """Return the function of this file that a call runs, if that is certain."""
        found: ast.AST | None = None
        match call.func:
            case ast.Name() as name:
                return self.function_named(name)
            case ast.Attribute(value=value, attr=attr) if (own := self._class_of_self(value)) is not None:
                bindings = self.scopes.inner[own].bindings.get(attr, [])
                is_assigned = attr in self._attributes_of(own)
                found = bindings[0].definition if len(bindings) == 1 and not is_assigned else None
        return self._plain_function(found)

    def called_helper(self, call: ast.Call) -> HelperFunction | None:
        """Return the function of a module beside the plugin that a call runs, if that is certain."""
        own, prefix, dotted = self.dotted(call.func).rpartition(_OWN)
        module, _, name = dotted.rpartition(".")
        return self.helpers.get(module, {}).get(name) if prefix and not own else None

    def top_level_function(self, name: str) -> Function | None:
        """Return the function of this module that has a name, if that is certain."""
        bindings = self.scopes.inner[self.tree].bindings.get(name, [])
        return self._plain_function(bindings[0].definition) if len(bindings) == 1 else None

    def function_named(self, name: ast.Name) -> Function | None:
        """Return the function of this file that a name stands for, if that is certain."""
        bound = self.scopes.scope_of[name].lookup(name.id)
        return self._plain_function(bound[1][0].definition) if bound is not None and len(bound[1]) == 1 else None

    def text_of(self, node: ast.AST | None) -> str | None:
        """Return the text of a literal, or of a constant of the module; None for other expressions."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            value = self._only_value(node)
            if value is not None and isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value.value
        return None

    def is_generator(self, function: ast.AST) -> bool:
        """Report whether a function contains a yield, so that a call of it runs nothing."""
        return function in self._generators

    def _of_name(self, node: ast.Name, steps: int) -> str:
        bound = self.scopes.scope_of[node].lookup(node.id)
        if bound is None:
            return "" if self._has_star_import else f"builtins.{node.id}"
        bindings = [each for each in bound[1] if not _is_nothing(each.value)]  # as after a failed import
        if modules := {each.module for each in bindings if each.module}:
            (module, *others) = modules
            certain = not others and all(each.module for each in bindings)
            if not certain or module.startswith("."):
                return ""
            return f"{_OWN}{module}" if module.partition(".")[0] in self._own_modules else module
        if len(bindings) != 1:
            return ""
        (binding,) = bindings
        if binding.parameter is not None:
            return self._of_parameter(binding.parameter)
        return self.dotted(binding.value, steps - 1) if binding.value is not None else ""

    def _of_parameter(self, parameter: ast.arg) -> str:
        annotation = parameter.annotation
        if annotation is None:
            return CONTEXT if parameter.arg == "ctx" else ""
        name = annotation.value if isinstance(annotation, ast.Constant) else self.dotted(annotation)
        last = str(name).rpartition(".")[2]
        if last in _CONTEXTS:
            return CONTEXT
        return f"{CONTEXT}.client" if str(name) in {"plugin_operator.Client", "Client"} else ""

    def _only_value(self, node: ast.Name) -> ast.expr | None:
        bound = self.scopes.scope_of[node].lookup(node.id)
        return bound[1][0].value if bound is not None and len(bound[1]) == 1 else None

    def _class_of_self(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class of whose methods ``node`` is the first parameter."""
        if not isinstance(node, ast.Name):
            return None
        bound = self.scopes.scope_of[node].lookup(node.id)
        if bound is None or len(bound[1]) != 1 or bound[1][0].parameter is None:
            return None
        method = bound[0].node
        if (
            not isinstance(method, FUNCTIONS)
            or not method.args.args
            or method.args.args[0] is not bound[1][0].parameter
        ):
            return None
        owner = self.scopes.scope_of[method].node
        names = {self.dotted(each) for each in method.decorator_list}
        is_static = "builtins.staticmethod" in names
        return owner if isinstance(owner, ast.ClassDef) and not is_static else None

    def _of_attribute(self, own: ast.ClassDef, attribute: str, steps: int) -> str:
        values = [each for each in self._attributes_of(own).get(attribute, []) if not _is_nothing(each)]
        values += [
            each.value for each in self.scopes.inner[own].bindings.get(attribute, []) if not _is_nothing(each.value)
        ]
        return self.dotted(values[0], steps - 1) if len(values) == 1 and values[0] is not None else ""

    def _attributes_of(self, own: ast.ClassDef) -> dict[str, list[ast.expr | None]]:
        """Return what the methods of a class assign to attributes of ``self``."""
        return self._attributes.get(own, {})

    @cached_property
    def _attributes(self) -> dict[ast.ClassDef, dict[str, list[ast.expr | None]]]:
        found: dict[ast.ClassDef, dict[str, list[ast.expr | None]]] = {}
        for node in self.scopes.nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                owner = self._class_of_self(node.value)
                if owner is not None and not is_bare_annotation(self.parent(node)):
                    found.setdefault(owner, {}).setdefault(node.attr, []).append(self._assigned_to(node))
        return found

    def loads_of(self, name: ast.Name) -> Sequence[ast.Name]:
        """Return the reads of the variable that ``name`` binds, in the order of the text."""
        return self._loads.get((self.scopes.scope_of[name], name.id), ())

    @cached_property
    def _loads(self) -> dict[tuple[Scope, str], list[ast.Name]]:
        found: dict[tuple[Scope, str], list[ast.Name]] = {}
        for node in self.scopes.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                bound = self.scopes.scope_of[node].lookup(node.id)
                if bound is not None:
                    found.setdefault((bound[0], node.id), []).append(node)
        return found

    def _assigned_to(self, node: ast.Attribute) -> ast.expr | None:
        match self.parent(node):
            case ast.Assign(targets=targets, value=value) if node in targets:
                return value
            case ast.AnnAssign(value=value):
                return value
        return None

    def _plain_function(self, found: ast.AST | None) -> Function | None:
        """Return a function unless a decorator may have put another in its place."""
        if not isinstance(found, FUNCTIONS) or not all(map(self._is_transparent, found.decorator_list)):
            return None
        return found

    def _is_transparent(self, decorator: ast.expr) -> bool:
        return self.dotted(decorator).removesuffix("()") in _TRANSPARENT


def arguments_of(call: ast.Call) -> dict[str, Any]:
    """Return the keyword arguments of a call by name; ``**`` is left out."""
    return {each.arg: each.value for each in call.keywords if each.arg is not None}


def _is_nothing(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
