"""The parser. Its precedence, positions and errors follow the grammar of cel-go."""

from go_cel.errors import CompileError, Issue
from go_cel.syntax.literals import literal
from go_cel.syntax.macros import MacroError, expanded
from go_cel.syntax.tokens import END, Token, tokens
from go_cel.syntax.tree import Call, Ident, ListNode, Literal, MapNode, Node, Select, StructNode, qualified_name

_PRECEDENCE = {
    "||": 0,
    "&&": 1,
    **dict.fromkeys(("<", "<=", ">=", ">", "==", "!=", "in"), 2),
    **dict.fromkeys(("+", "-"), 3),
    **dict.fromkeys(("*", "/", "%"), 4),
}
_AND = _PRECEDENCE["&&"]
_NUMBERS = frozenset({"NUM_INT", "NUM_FLOAT"})
_LITERALS = frozenset({"NUM_INT", "NUM_UINT", "NUM_FLOAT", "STRING", "BYTES", "true", "false", "null"})
_OPERAND = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)
_OPERANDS = _LITERALS | {"[", "{", "(", ".", "-", "!", "IDENTIFIER"}
_RESERVED = frozenset(
    {
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import"),
        *("let", "loop", "package", "namespace", "return", "var", "void", "while"),
    }
)
_TOO_LONG, _MAX_CHARACTERS = "expression code point size exceeds limit: size: {}, limit {}", 100_000
_TOO_DEEP = "expression recursion limit exceeded: 250"


def parse(source: str, *, macros: bool = True) -> Node:
    """Return the syntax tree of an expression. Without macros, ``has(a.b)`` and its like are calls as others are.

    Raises:
        CompileError: it is none.
    """
    if len(source) > _MAX_CHARACTERS:
        raise CompileError([Issue(0, _TOO_LONG.format(len(source), _MAX_CHARACTERS))], source)
    found, unreadable = tokens(source)
    parser = _Parser(found, unreadable, macros=macros)
    try:
        root = parser.whole()
    except _Wrong as error:
        raise CompileError([*parser.issues, error.issue], source) from None
    except RecursionError:
        raise CompileError([Issue(0, _TOO_DEEP)], source) from None
    if parser.issues:
        raise CompileError(parser.issues, source)
    return root


class _Wrong(Exception):
    def __init__(self, offset: int, message: str) -> None:
        self.issue = Issue(offset, message)


class _Parser:
    def __init__(self, found: list[Token], issues: list[Issue], *, macros: bool) -> None:
        self._macros = macros
        self._tokens = found
        self._at = 0
        self.issues = issues

    def whole(self) -> Node:
        root = self._expression()
        if self._next.kind != END:
            is_last = self._tokens[self._at + 1].kind == END
            raise self._unexpected("<EOF>", "extraneous" if is_last else "mismatched")
        return root

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, kind: str) -> Token | None:
        return self._take() if self._next.kind == kind else None

    def _expect(self, kind: str) -> Token:
        token = self._taken(kind)
        if token is not None:
            return token
        closing = f"{{'{kind}', ','}}" if kind in "]}" else f"'{kind}'"
        wanted = kind if kind.isupper() else closing
        if self._next.kind != END and self._tokens[self._at + 1].kind == kind:
            self.issues.append(self._unexpected(wanted, "extraneous").issue)
            self._take()
            return self._take()
        if kind == ")" and self._next.kind == END:
            raise _Wrong(self._next.offset, f"Syntax error: missing ')' at '{self._next.text}'")
        raise self._unexpected(wanted)

    def _unexpected(self, wanted: str, how: str = "mismatched") -> _Wrong:
        token = self._next
        return _Wrong(token.offset, f"Syntax error: {how} input '{token.text}' expecting {wanted}")

    def _expression(self) -> Node:
        condition = self._binary(0)
        mark = self._taken("?")
        if mark is None:
            return condition
        then = self._binary(0)
        self._expect(":")
        return Call(mark.offset, "_?_:_", [condition, then, self._expression()])

    def _binary(self, level: int) -> Node:
        """Parse operators that bind at least as tightly as ``level``. One method for all keeps the stack low."""
        left = self._member()
        while (found := _PRECEDENCE.get(self._next.kind, -1)) >= level:
            mark = self._take()
            if found > _AND:
                function = "@in" if mark.kind == "in" else f"_{mark.kind}_"
                left = Call(mark.offset, function, [left, self._binary(found + 1)])
                continue
            terms, marks = [left, self._binary(found + 1)], [mark.offset]
            while self._next.kind == mark.kind:
                marks.append(self._take().offset)
                terms.append(self._binary(found + 1))
            left = _balanced(f"_{mark.kind}_", terms, marks)
        return left

    def _member(self) -> Node:
        first = self._next
        count = 0
        if first.kind == "!" or (first.kind == "-" and self._tokens[self._at + 1].kind not in _NUMBERS):
            while self._taken(first.kind):
                count += 1
        node = self._primary()
        while self._next.kind in (".", "["):
            mark = self._take()
            node = self._field(node, mark) if mark.kind == "." else self._index(node, mark)
        return node if count % 2 == 0 else Call(first.offset, f"{first.kind}_", [node])

    def _index(self, node: Node, mark: Token) -> Node:
        function = "_[?_]" if self._taken("?") else "_[_]"
        index = self._expression()
        self._expect("]")
        return Call(mark.offset, function, [node, index])

    def _field(self, node: Node, mark: Token) -> Node:
        is_optional = self._taken("?")
        quoted = self._taken("ESC_IDENTIFIER")
        name = quoted or self._taken("IDENTIFIER")
        if name is None:
            raise self._no_field()
        text = name.text.strip("`")
        if is_optional:
            return Call(mark.offset, "_?._", [node, Literal(name.offset, text)])
        opened = None if quoted else self._taken("(")
        if opened is None:
            return Select(mark.offset, node, text)
        return self._call(opened.offset, text, self._arguments(), node)

    def _no_field(self) -> _Wrong:
        token = self._next
        if token.kind == END:
            return _Wrong(token.offset, "Syntax error: no viable alternative at input '.'")
        if token.kind in ("true", "false", "null"):
            return self._unexpected("IDENTIFIER")
        return _Wrong(token.offset, f"Syntax error: no viable alternative at input '.{token.text}'")

    def _arguments(self) -> list[Node]:
        found: list[Node] = []
        if self._taken(")"):
            return found
        found.append(self._expression())
        while self._taken(","):
            found.append(self._expression())
        self._expect(")")
        return found

    def _call(self, offset: int, function: str, args: list[Node], target: Node | None = None) -> Node:
        try:
            found = expanded(offset, function, args, target) if self._macros else None
        except MacroError as error:
            self.issues.append(error.issue)
            return Literal(offset, None)
        return Call(offset, function, args, target) if found is None else found

    def _primary(self) -> Node:
        token = self._next
        if token.kind in _LITERALS:
            return self._literal(self._take())
        match token.kind:
            case "-" if self._tokens[self._at + 1].kind in _NUMBERS:
                self._take()
                return self._literal(self._take(), token)
            case "(":
                self._take()
                inside = self._expression()
                self._expect(")")
                return inside
            case "[":
                return self._list(self._take())
            case "{":
                return self._map(self._take())
            case "IDENTIFIER" | ".":
                return self._name()
        if self._tokens[min(self._at + 1, len(self._tokens) - 1)].kind in _OPERANDS:
            self.issues.append(self._unexpected(_OPERAND, "extraneous").issue)
            self._take()
            return self._primary()
        raise self._unexpected(_OPERAND)

    def _literal(self, token: Token, sign: Token | None = None) -> Node:
        offset = token.offset if sign is None else sign.offset
        try:
            return Literal(offset, literal(token, "" if sign is None else "-"))
        except ValueError as error:
            self.issues.append(Issue(offset, str(error)))
            return Literal(offset, None)

    def _name(self) -> Node:
        dot = self._taken(".")
        token = self._expect("IDENTIFIER")
        name = f".{token.text}" if dot else token.text
        opened = self._taken("(")
        if opened is not None:
            return self._call(opened.offset, name, self._arguments())
        if token.text in _RESERVED:
            self.issues.append(Issue(token.offset, f"reserved identifier: {token.text}"))
        node: Node = Ident(token.offset, name)
        ahead = self._at
        while self._tokens[ahead].kind == "." and self._tokens[ahead + 1].kind == "IDENTIFIER":
            ahead += 2
        if self._tokens[ahead].kind != "{":
            return node
        while self._next.kind == ".":
            mark = self._take()
            node = Select(mark.offset, node, self._take().text)
        return self._struct(self._take(), qualified_name(node) or "")

    def _struct(self, opened: Token, name: str) -> Node:
        fields = []
        while self._next.kind != "}":
            self._taken("?")
            field = self._expect("IDENTIFIER")
            colon = self._expect(":")
            fields.append((field.text, self._expression(), colon.offset))
            if not self._taken(","):
                break
        self._expect("}")
        return StructNode(opened.offset, name, fields)

    def _list(self, opened: Token) -> Node:
        items: list[Node] = []
        optional = set()
        while self._next.kind != "]":
            if self._taken("?"):
                optional.add(len(items))
            items.append(self._expression())
            if not self._taken(","):
                break
        self._expect("]")
        return ListNode(opened.offset, items, frozenset(optional))

    def _map(self, opened: Token) -> Node:
        entries = []
        while self._next.kind != "}":
            is_optional = self._taken("?") is not None
            key = self._expression()
            self._expect(":")
            entries.append((key, self._expression(), is_optional))
            if not self._taken(","):
                break
        self._expect("}")
        return MapNode(opened.offset, entries)


def _balanced(function: str, terms: list[Node], marks: list[int]) -> Node:
    """Join the terms of a chain as a balanced tree, as cel-go does, so that long chains are not deep."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2 if len(terms) == 2 else (len(marks) - 1) // 2 + 1
    left = _balanced(function, terms[:middle], marks[: middle - 1])
    right = _balanced(function, terms[middle:], marks[middle:])
    return Call(marks[middle - 1], function, [left, right])
