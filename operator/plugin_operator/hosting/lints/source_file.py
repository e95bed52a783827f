"""One parsed file, and what its expressions stand for.

An answer is given only where it is certain: a name that is bound twice, or bound to what only running code knows,
stands for nothing.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from plugin_operator.hosting.lints.classes import Classes
from plugin_operator.hosting.lints.facts import DeclaredController, Found, HelperFunction
from plugin_operator.hosting.lints.passed_values import PassedValues
from plugin_operator.hosting.lints.scopes import FUNCTIONS, Function, Scope, scopes_of

#: Dotted name of the argument of a reconciler, hook or map function.
CONTEXT = "<ctx>"
_CLIENT = f"{CONTEXT}.client"
_CONTEXTS = frozenset({"Context", "ControllerContext", "MapContext"})
_MAX_STEPS = 20
#: Begins the dotted name of what is in a module beside the plugin.
_OWN = "<own>"


@dataclass(eq=False)
class SourceFile:
    """A file of a plugin.

    Args:
        tree: its syntax tree.
        text: its text.
        helpers: the functions of each module beside the plugin, which is not the installed one of that name.
        declared: the controllers that it declares; None if that is unknown.
        api: the fields of a ``Signature`` for calls of the author's API, by dotted name or as ``ctx.client.get``.
    """

    tree: ast.Module
    text: str
    helpers: Mapping[str, Mapping[str, HelperFunction]] = field(default_factory=dict)
    declared: Sequence[DeclaredController] | None = None
    api: Mapping[str, tuple[Sequence[str], int, Sequence[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scopes = scopes_of(self.tree)
        self.classes = Classes(self.scopes, self.dotted)
        self._lines = self.text.splitlines()
        yields = (node for node in self.scopes.nodes if isinstance(node, ast.Yield | ast.YieldFrom))
        self._own_modules = {each.partition(".")[0] for each in self.helpers}
        self._has_star_import = "*" in self.scopes.inner[self.tree].bindings
        self._generators = {self.function_around(node) for node in yields}
        self._passed = PassedValues(self)

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

    @cached_property
    def returns(self) -> Sequence[ast.Return]:
        """All return statements, in the order of the text."""
        return [node for node in self.scopes.nodes if isinstance(node, ast.Return)]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around a node."""
        return self.scopes.parent_of.get(node)

    def function_around(self, node: ast.AST) -> ast.AST | None:
        """Return the function or lambda whose call runs ``node``; None for code that runs at import."""
        return self.scopes.scope_of[node].function

    def found(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.keyword, message: str) -> Found:
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
                if (own := self.classes.class_of(node.value)) is not None:
                    return self._of_attribute(own, node.attr, steps)
                value = self.dotted(node.value, steps - 1)
                return f"{value}.{node.attr}" if value else ""
            case ast.Call():
                called = self.dotted(node.func, steps - 1)
                return f"{called}()" if called else ""
        return ""

    def called_function(self, call: ast.Call) -> Function | None:
        """Return the function of this file that a call runs, if that is certain."""
        match call.func:
            case ast.Name() as name:
                return self.function_named(name)
            case ast.Attribute(value=value, attr=attr) if (own := self.classes.class_of(value)) is not None:
                return self.classes.method_of(own, attr)
        return None

    def called_helper(self, call: ast.Call) -> HelperFunction | None:
        """Return the function of a module beside the plugin that a call runs, if that is certain."""
        own, prefix, dotted = self.dotted(call.func).rpartition(_OWN)
        module, _, name = dotted.rpartition(".")
        return self.helpers.get(module, {}).get(name) if prefix and not own else None

    def top_level_function(self, name: str) -> Function | None:
        """Return the function of this module that has a name, if that is certain."""
        bindings = self.scopes.inner[self.tree].bindings.get(name, [])
        return self.classes.plain_function(bindings[0].definition) if len(bindings) == 1 else None

    def function_named(self, name: ast.Name) -> Function | None:
        """Return the function of this file that a name stands for, if that is certain."""
        bound = self.scopes.scope_of[name].lookup(name.id)
        return self.classes.plain_function(bound[1][0].definition) if bound is not None and len(bound[1]) == 1 else None

    def text_of(self, node: ast.AST | None) -> str | None:
        """Return the text of a literal, or of a constant of the module; None for other expressions."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            value = self.scopes.only_value(node)
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
        known = self._of_annotation(annotation)
        if known or (annotation is not None and self.dotted(annotation) != "typing.Any"):
            return known
        return CONTEXT if annotation is None and parameter.arg == "ctx" else self._passed.of(parameter)

    def _of_annotation(self, annotation: ast.expr | None) -> str:
        """Return what an object of an annotated type is; empty for other types."""
        name = self.classes.class_in(annotation)
        if name.rpartition(".")[2] in _CONTEXTS:
            return CONTEXT
        return _CLIENT if name in {"plugin_operator.Client", "builtins.Client"} else ""

    def _of_attribute(self, own: ast.ClassDef, attribute: str, steps: int) -> str:
        if attribute in self.classes.set_from_outside:
            return ""
        for each in self.classes.with_bases(own):
            assigned = [
                *self.classes.attributes_of(each).get(attribute, []),
                *(binding.value for binding in self.scopes.inner[each].bindings.get(attribute, [])),
            ]
            values = [value for value in assigned if not _is_nothing(value)]
            if values:
                return self.dotted(values[0], steps - 1) if len(values) == 1 and values[0] is not None else ""
            for statement in each.body:
                if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", "") == attribute:
                    return self._of_annotation(statement.annotation)
        return ""

    def is_certainly_context(self, node: ast.AST) -> bool:
        """Report whether a name is the context of a reconciler: by its annotation, or beside a ``request``.

        Another parameter that is called ctx may be any object.
        """
        bound = self.scopes.scope_of[node].lookup(node.id) if isinstance(node, ast.Name) else None
        parameter = bound[1][0].parameter if bound is not None and len(bound[1]) == 1 else None
        if bound is None or parameter is None or self._of_parameter(parameter) != CONTEXT:
            return False
        arguments = bound[0].node.args if isinstance(bound[0].node, FUNCTIONS) else None
        beside = {each.arg for each in arguments.args} if arguments is not None else set()
        home = self.classes.class_in(parameter.annotation).partition(".")[0]
        return home in {"plugin_operator", *_CONTEXTS} if parameter.annotation is not None else "request" in beside

    def literal_of(self, node: ast.AST | None) -> ast.Dict | None:
        """Return the dict that an expression is, if it has the keys in the source and no others."""
        if isinstance(node, ast.Name):
            value, bound = self.scopes.only_value(node), self.scopes.scope_of[node].lookup(node.id)
            reads = self.reads_of(bound[0], node.id) if bound is not None else ()
            is_kept = all(self._is_only_passed(each) for each in reads)
            return self.literal_of(value) if isinstance(value, ast.Dict) and is_kept else None
        return node if isinstance(node, ast.Dict) and all(self.text_of(key) for key in node.keys) else None

    def _is_only_passed(self, load: ast.Name) -> bool:
        """Report whether a variable is an argument of a method of the context here, which adds no fields."""
        call = self.parent(load)
        return isinstance(call, ast.Call) and load in call.args and self.dotted(call.func).startswith(f"{CONTEXT}.")

    def loads_of(self, name: ast.Name) -> Sequence[ast.Name]:
        """Return the reads of the variable that ``name`` binds, in the order of the text."""
        return self.reads_of(self.scopes.scope_of[name], name.id)

    def reads_of(self, scope: Scope, name: str) -> Sequence[ast.Name]:
        """Return the reads of a variable that is bound in a scope, in the order of the text."""
        return self._loads.get((scope, name), ())

    @cached_property
    def _loads(self) -> dict[tuple[Scope, str], list[ast.Name]]:
        found: dict[tuple[Scope, str], list[ast.Name]] = {}
        for node in self.scopes.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                bound = self.scopes.scope_of[node].lookup(node.id)
                if bound is not None:
                    found.setdefault((bound[0], node.id), []).append(node)
        return found


def arguments_of(call: ast.Call) -> dict[str, Any]:
    """Return the keyword arguments of a call by name; ``**`` is left out."""
    return {each.arg: each.value for each in call.keywords if each.arg is not None}


def _is_nothing(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
