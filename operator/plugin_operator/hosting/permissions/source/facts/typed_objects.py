"""Whether all objects of a kind are instances of its class, so that the code of a plugin never holds one as a dict."""

import ast
import re
from collections.abc import Iterable, Iterator

from plugin_operator.kube import GroupVersionKind

_MODELS = "kubernetes_asyncio"
_RAW = "raw"  # of a lister
_WORD = re.compile(r"\w+")


class DictSigns:
    """What in the source may make an object a dict: texts that name its kind, and calls that return dicts.

    A text counts wherever it stands, except in ``@resource`` and as a docstring: a log message costs precision only.

    Args:
        trees: the modules of a plugin.
    """

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        self._words: set[str] = set()
        self._is_open = False
        for tree in trees:
            self._read(tree)

    def may_be_dict(self, kind: GroupVersionKind) -> bool:
        """Report whether an object of a kind that has a class may be a dict."""
        return self._is_open or _RAW in self._words or kind.kind in self._words

    def _read(self, tree: ast.Module) -> None:
        waiting: list[ast.AST] = [tree]
        while waiting:
            node = waiting.pop()
            match node:
                case ast.Attribute(attr=name) if name == _RAW:
                    self._is_open = True
                case ast.Import(names=names) if any(each.name.startswith(_MODELS) for each in names):
                    self._is_open = True
                case ast.ImportFrom(module=str() as module) if module.startswith(_MODELS):
                    self._is_open = True
                case ast.Constant(value=str() as text):
                    self._words.update(_WORD.findall(text))
            waiting += _children(node)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    for each in ast.iter_child_nodes(node):
        is_resource = isinstance(node, ast.ClassDef) and each in node.decorator_list
        is_annotation = isinstance(node, ast.arg | ast.AnnAssign) and each is node.annotation
        if not is_resource and not is_annotation:
            yield each
