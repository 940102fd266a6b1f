"""``slipway key``: who may ask the project's server, and for what."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, say, show
from slipway.records.access import AccessKey, May
from slipway.records.base import Record
from slipway.words import moment

app = App(name="key")


class Made(Record, frozen=True, kw_only=True):
    """A key, the only time that it is shown."""

    name: str
    may: tuple[May, ...]
    key: str


@app.command(sort_key=0)
def make(
    name: str,
    /,
    *,
    may: Annotated[list[Literal["predict", "outcomes", "control", "all"]] | None, Parameter(name="--may")] = None,
    common: Common = COMMON,
) -> int:
    """Make a key and show it, this once; only its hash is stored.

    From the first key on, every caller of this project's server needs one. A server that runs asks within a second.

    Args:
        name: Who or what is to hold it: 1 to 64 lower-case letters, digits, '-' or '_'.
        may: What it lets in for; may be given several times. All three if not given.
        common: What every command takes.
    """
    wanted = [May(word) for word in may or ["all"] if word != "all"]
    stored, key = common.open().make_key(name, may=list(May) if "all" in (may or ["all"]) else wanted)
    made = Made(name=stored.name, may=stored.may, key=key)
    sentences = (
        key,
        f"{name} may {', '.join(made.may)}. Keep the key now, for it is shown only this once; callers send it as "
        "'Authorization: Bearer KEY'.",
    )
    return show(made, human=say(sentences), common=common)


@app.command(name="list", sort_key=1)
def list_(*, common: Common = COMMON) -> int:
    """List the keys, oldest first, also those that were revoked; never the keys themselves."""
    return show(list(common.open().keys()), human=_list, common=common)


@app.command(sort_key=2)
def revoke(name: str, /, *, common: Common = COMMON) -> int:
    """Let nobody in by a key any more; a server that runs follows within a second.

    Args:
        name: The key's name, as 'slipway key list' shows it.
        common: What every command takes.
    """
    revoked = common.open().revoke_key(name)
    return show(revoked, human=say((f"{name} lets nobody in any more.",)), common=common)


def _list(screen: Screen, keys: list[AccessKey]) -> None:
    rows = [
        (k.name, ", ".join(k.may), moment(k.made_us), k.made_by, "-" if k.revoked_us is None else moment(k.revoked_us))
        for k in keys
    ]
    screen.table(("key", "may", "made", "by", "revoked"), rows, none="No key was made yet, so none is asked for.")
