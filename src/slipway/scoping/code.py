"""Does a function that the scope names exist, and could it be called? Told from its text: nothing of it is run."""

import ast
from collections.abc import Sequence

from slipway.errors import nearest


def trouble_with(text: str, *, function: str, positional: int, named: Sequence[str] = ()) -> str:
    """Return why a function could not be called, in a sentence; empty where it could, or where its text cannot tell.

    A name that is imported or assigned counts as callable: only what is defined in the text itself can be looked at.

    Args:
        text: The file's source.
        function: Name of the function.
        positional: How many arguments it gets by position.
        named: Names of those that it gets by name.

    >>> trouble_with("def train(X, y): ...", function="train", positional=4)
    "line 1: want 'train' to take 4 arguments by position, got def train(X, y)."
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: want Python, got {error.msg}."
    except ValueError as error:  # a zero byte
        return f"want Python, got text that is none: {error}."
    found = next((node for node in reversed(_top(tree)) if _names(node, function)), None)
    if found is None:
        known = sorted(n.name for n in _top(tree) if isinstance(n, ast.FunctionDef))
        return f"want a function '{function}', found {', '.join(known) or 'none'}.{nearest(function, known)}"
    return _trouble(found, function, positional=positional, named=named)


def _trouble(found: ast.stmt, function: str, *, positional: int, named: Sequence[str]) -> str:
    match found:
        case ast.AsyncFunctionDef():
            return f"line {found.lineno}: want a plain function, got 'async def {function}'. Take async away."
        case ast.FunctionDef():
            return _call(found, positional=positional, named=named)
        case ast.Assign(value=ast.Constant()) | ast.AnnAssign(value=ast.Constant()):
            return f"line {found.lineno}: want a function '{function}', got a value."
    return ""


def _top(tree: ast.Module) -> list[ast.stmt]:
    """Return the statements of the module, also those under an ``if`` or a ``try``."""
    found: list[ast.stmt] = []
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        found.append(node)
        if isinstance(node, ast.If | ast.Try | ast.With):
            inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
            waiting = [*inner, *(s for h in getattr(node, "handlers", []) for s in h.body), *waiting]
    return found


def _names(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name == name
        case ast.Import() | ast.ImportFrom():
            return any((a.asname or a.name) in (name, "*") for a in node.names)
        case ast.Assign():
            return any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
        case ast.AnnAssign(target=ast.Name()):
            return isinstance(node.target, ast.Name) and node.target.id == name
    return False


def _call(node: ast.FunctionDef, *, positional: int, named: Sequence[str]) -> str:
    args = node.args
    places = [a.arg for a in (*args.posonlyargs, *args.args)]
    needed = len(places) - len(args.defaults)
    where, shown = f"line {node.lineno}", f"def {node.name}({ast.unparse(args)})"
    if positional > len(places) and args.vararg is None:
        return f"{where}: want '{node.name}' to take {positional} arguments by position, got {shown}."
    by_name = {a.arg for a in (*args.args[max(0, positional - len(args.posonlyargs)) :], *args.kwonlyargs)}
    if args.kwarg is None and (strange := [n for n in named if n not in by_name]):
        return f"{where}: want '{node.name}' to take {', '.join(strange)} by name, got {shown}."
    must = [*places[positional:needed], *_required(args)]
    if left := [n for n in must if n not in named]:
        return f"{where}: want '{node.name}' to be callable without {', '.join(left)}, got {shown}."
    return ""


def _required(args: ast.arguments) -> list[str]:
    return [a.arg for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True) if default is None]
