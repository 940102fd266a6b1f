"""How ready the project is for production, and what people give their word for."""

from slipway.control.readiness import gather
from slipway.errors import BadInput, NotFound, nearest
from slipway.ports import Change
from slipway.records.readiness import Attestation, Item, Readiness
from slipway.scoping.readiness.score import readiness
from slipway.wiring import Parts


def readiness_now(parts: Parts, *, now_us: int) -> Readiness:
    """Return the ML Test Score of the model in question, from what the store holds."""
    return readiness(gather(parts.store, scope=parts.scope, now_us=now_us))


def attest(parts: Parts, item: str, *, by: str, why: str, now_us: int, account: str) -> Attestation:
    """Keep somebody's word that an item is met; it is worth half a point at most.

    Args:
        parts: The project.
        item: Such as ``data-7``.
        by: Whose word it is.
        why: What was done, and where the result can be read.
        now_us: The moment.
        account: Whom the audit trail names as having written it down.

    Raises:
        BadInput: No such item, or nothing was said.
    """
    word = Attestation(item=item_of(item), by=by.strip(), why=why.strip(), at_us=now_us)
    said = f"{word.by} attests {word.item}, '{word.item.asks}': {word.why}"
    parts.store.commit([Change(word, word.item.value, None)], at_us=now_us, by=account, why=said)
    return word


def withdraw(parts: Parts, item: str, *, by: str, why: str, now_us: int, account: str) -> Attestation:
    """Take a word back; the record of it stays.

    Raises:
        BadInput: No such item, or nothing was said.
        NotFound: Nobody has given their word for it.
    """
    wanted = item_of(item)
    given = [a for _, a, _ in parts.store.all(Attestation) if a.item is wanted and not a.withdrawn]
    if not given:
        raise NotFound(
            f"attest {wanted}: want a word that was given for it, found none. See 'slipway scope readiness'."
        )
    word = Attestation(item=wanted, by=by.strip(), why=why.strip(), at_us=now_us, withdrawn=True)
    said = f"{word.by} withdraws what {given[0].by} attested of {wanted}: {word.why}"
    parts.store.commit([Change(word, wanted.value, None)], at_us=now_us, by=account, why=said)
    return word


def item_of(word: str) -> Item:
    """Return the item of that name.

    Raises:
        BadInput: There is none; the message says how they are named.

    >>> item_of("infra-6").asks
    'Models are canaried before serving'
    """
    known = [i.value for i in Item]
    if word.lower() not in known:
        way_out = nearest(word.lower(), known)
        raise BadInput(f"item: want data-1 to data-7, or the same of model, infra and monitor, got '{word}'.{way_out}")
    return Item(word.lower())
