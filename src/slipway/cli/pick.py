"""Find what a person means: a whole id, the start of one, or a name."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from slipway.errors import BadInput, NotFound, nearest
from slipway.words import short

T = TypeVar("T")


def pick(word: str | None, items: Sequence[T], *, what: str, key: Callable[[T], str], name: Callable[[T], str]) -> T:
    """Return the item that the word names; without a word, the newest.

    A name that several share means the newest of them; the start of an id must fit one item only.

    Args:
        word: An id, the start of an id, or a name; None means the newest.
        items: Oldest first.
        what: What they are, for the message.
        key: An item's id.
        name: An item's name.

    Raises:
        NotFound: Nothing fits; the message lists what there is.
        BadInput: The start of an id fits several.

    >>> pick("ab", ["abc", "xyz"], what="run", key=str, name=str)
    'abc'
    >>> pick("mian", [("f00", "main")], what="dataset", key=lambda d: d[0], name=lambda d: d[1])
    Traceback (most recent call last):
    slipway.errors.NotFound: dataset 'mian': want one of main (f00). Did you mean 'main'?
    """
    if not items:
        raise NotFound(f"{what}: want at least one, found none in this project yet.")
    if word is None:
        return items[-1]
    exact = [i for i in items if word in (key(i), name(i))]
    found = exact[-1:] or [i for i in items if key(i).startswith(word)]
    if len(found) > 1:
        raise BadInput(f"{what} '{word}': want one, fits {_list(found, key, name)}. Give more of the id.")
    if not found:
        known = [n for i in items for n in (name(i), key(i))]
        raise NotFound(f"{what} '{word}': want one of {_list(items, key, name)}.{nearest(word, known)}")
    return found[0]


def before_of(item: T, items: Sequence[T], *, what: str, key: Callable[[T], str]) -> T:
    """Return the item made just before this one.

    Raises:
        NotFound: It is the oldest.

    >>> before_of("b", ["a", "b"], what="run", key=str)
    'a'
    """
    place = [key(i) for i in items].index(key(item))
    if place == 0:
        raise NotFound(f"{what} {short(key(item))}: want an older {what} to compare it with, found none.")
    return items[place - 1]


def _list(items: Sequence[T], key: Callable[[T], str], name: Callable[[T], str]) -> str:
    shown = ", ".join(short(key(i)) if name(i) == key(i) else f"{name(i)} ({short(key(i))})" for i in items[-8:])
    return f"{shown} and {len(items) - 8} older" if len(items) > 8 else shown
