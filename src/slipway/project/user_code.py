"""The user's own files: functions named ``file.py:function``, and the sources they are made of."""

import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from slipway.errors import BadInput, NotFound, nearest
from slipway.project.time_limit import Ended, time_limit

_TAIL = 3
_SLIPWAY = Path(__file__).parents[1]


def load_function(reference: str, *, folder: Path) -> Callable[..., Any]:
    """Import a file of the project afresh and return the function it names.

    Args:
        reference: ``file.py:function``, the file relative to the project's folder.
        folder: The project's folder.

    Raises:
        NotFound: No such file, or no such function in it.
        BadInput: The file cannot be imported; the message holds its last line of trouble.
    """
    file, _, name = reference.partition(":")
    path = (folder / file).resolve()
    if not path.is_file() or not path.is_relative_to(folder.resolve()):
        raise NotFound(f"{reference}: want a file {file} in {folder}, found none. See slipway.toml.")
    module = _import(path, folder=folder)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        known = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module.__name__]
        raise NotFound(f"{reference}: want a function '{name}' in {file}, found {known}.{nearest(name, known)}")
    return function


@contextmanager
def restored(reference: str, *, texts: Mapping[str, str]) -> Iterator[Callable[..., Any]]:
    """Give the function as it was in other sources, such as those of an earlier run; the project's files stay.

    Args:
        reference: As for :func:`load_function`.
        texts: File name, relative to the project, to its text: all that the function needs of the project.

    Raises:
        NotFound: The sources hold no such file or function.
        BadInput: A file cannot be imported.
    """
    with TemporaryDirectory(prefix="slipway-code-") as name:
        folder = Path(name).resolve()
        for file, text in texts.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        # Modules are known by name alone, so those of the project must step aside, and these must not stay behind.
        own = {Path(file).parts[0].removesuffix(".py") for file in texts}
        kept = {m: sys.modules.pop(m) for m in list(sys.modules) if m.partition(".")[0] in own}
        sys.path.insert(0, name)
        try:
            yield load_function(reference, folder=folder)
        finally:
            sys.path.remove(name)
            for module in [m for m in sys.modules if m.partition(".")[0] in own]:
                del sys.modules[module]
            sys.modules.update(kept)


def call(function: Callable[..., Any], *args: Any, reference: str, **kwargs: Any) -> Any:
    """Call a function of the user's and name the file and line if it fails.

    What it prints goes to stderr: stdout is for the answer, which may be a JSON document. The folder that the process
    works in is afterwards what it was. A child that the function forked and that comes
    back from it ends there: it must not do the rest of the work a second time.

    Raises:
        BadInput: It raised, ran out of memory, or is no plain function; the message says what and where, with the
            user's own lines that led there, and the cause is kept.
    """
    process, folder = os.getpid(), Path.cwd()
    try:
        with redirect_stdout(sys.stderr):
            given = function(*args, **kwargs)
    except (KeyboardInterrupt, Ended):
        raise
    except BaseException as error:  # one that ends the process would look like success
        raise BadInput("\n".join([f"{reference}: {trouble(error)}", *_tail(error, function=function)])) from error
    finally:
        if os.getpid() != process:
            os._exit(0)
        os.chdir(folder)
    if inspect.iscoroutine(given):
        given.close()
        raise BadInput(f"{reference}: want a plain function, got an async one. Write 'def' in place of 'async def'.")
    return given


def _tail(error: BaseException, *, function: Callable[..., Any]) -> list[str]:
    """Return the last lines of the user's own files that led to an error; none of Slipway's and of no library's."""
    own = Path(inspect.getsourcefile(inspect.unwrap(function)) or "").parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(own)]
    mine = [f for f in frames if "site-packages" not in f.filename][-_TAIL:]
    return [f"  {Path(f.filename).name}, line {f.lineno}, in {f.name}: {f.line}" for f in mine]


def train_with(
    function: Callable[..., Any],
    *,
    X: Any,  # noqa: N803 - as everybody writes it
    y: Any,
    params: Mapping[str, Any],
    seed: int,
    reference: str,
    report: Callable[[int, float], object] | None = None,
    timeout_s: float | None = None,
) -> Any:
    """Call a training function: ``(X, y, params, seed)``, and ``report`` too where it has a parameter of that name.

    Args:
        function: The user's.
        X: Rows.
        y: Their truth; the function gets a copy.
        params: Hyperparameters; the function gets a copy.
        seed: Seed of all chance.
        reference: Its name in messages.
        report: What ``report`` is, called with a step and a loss; None swallows reports.
        timeout_s: The longest it may take, or None.

    Raises:
        BadInput: It failed.
        DeadlineExceeded: It took longer.
    """
    more = {"report": report or (lambda *_: None)} if takes_report(function) else {}
    with time_limit(timeout_s, what=reference):
        return call(function, X, y.copy(), deepcopy(dict(params)), seed, reference=reference, **more)


def takes_report(function: Callable[..., Any]) -> bool:
    """Tell whether a training function has a parameter ``report``.

    >>> takes_report(lambda X, y, params, seed, report: None), takes_report(lambda X, y, params, seed: None)
    (True, False)
    """
    return "report" in inspect.signature(function).parameters


def trouble(error: BaseException) -> str:
    """Say in one line what went wrong in a user's file, and where.

    >>> try:
    ...     1 / 0
    ... except ZeroDivisionError as error:
    ...     print(trouble(error))
    want it to return, got ZeroDivisionError: division by zero.
    """
    frames = [f for f in traceback.extract_tb(error.__traceback__) if _is_users(f.filename)]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"want it to return, got {type(error).__name__}: {error}{where}."


def _is_users(file: str) -> bool:
    """Tell whether a line of a traceback is neither Slipway's, nor a library's, nor the interpreter's own."""
    return not (file.startswith("<") or "site-packages" in file or Path(file).is_relative_to(_SLIPWAY))


def share_cores() -> None:
    """Ask training tools that are imported from now on to wait for their threads without spinning.

    On shared cores, spinning makes a training ten times slower. What the environment already says stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def sources(reference: str, *, folder: Path) -> dict[str, str]:
    """Return the text of the file and of every other file of the project that importing it pulled in.

    This is what a run's code hash is taken over: a changed comment elsewhere in the folder changes no hash.

    Raises:
        NotFound: As for :func:`load_function`.
        BadInput: As for it, or a file is not in UTF-8.
    """
    load_function(reference, folder=folder)
    base = folder.resolve()
    files = {Path(str(module.__file__)).resolve() for _, module in _own(base)}
    return {p.relative_to(base).as_posix(): _text(p) for p in sorted(files)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name}: want a file in UTF-8, got byte 0x{path.read_bytes()[error.start]:02x} at place "
            f"{error.start + 1}. Save it as UTF-8."
        ) from error


def _own(base: Path) -> list[tuple[str, ModuleType]]:
    """Return the modules that were imported from the project's files, by name."""
    return [
        (name, module) for name, module in list(sys.modules.items()) if name != "__main__" and _inside(module, base)
    ]


def _inside(module: ModuleType, base: Path) -> bool:
    file = getattr(module, "__file__", None)
    if file is None or not Path(str(file)).is_absolute():  # PyTorch names files such as "_classes.py" that are none
        return False
    path = _resolved(str(file))
    return path.is_relative_to(base) and "site-packages" not in path.parts and not path.name.startswith("<")


@cache
def _resolved(file: str) -> Path:
    """Return the file that a path leads to; with two thousand modules it is asked for often."""
    return Path(file).resolve()


def _import(path: Path, *, folder: Path) -> ModuleType:
    share_cores()
    for stale, _ in _own(folder.resolve()):  # edited since, perhaps: what runs must be what the hash is taken over
        del sys.modules[stale]
    importlib.invalidate_caches()
    name = f"slipway_project_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"{path.name}: want a Python file, got something that cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(folder.resolve()))
    try:
        with redirect_stdout(sys.stderr):  # as in call
            spec.loader.exec_module(module)
    except (KeyboardInterrupt, Ended):
        raise
    except BaseException as error:  # one that ends the process would look like success
        raise BadInput(f"{path.name}: {trouble(error)}") from error
    finally:
        sys.path.remove(str(folder.resolve()))
    return module
