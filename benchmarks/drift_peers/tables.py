"""What is known of each watcher, as Markdown tables."""

from .figures import OWN, together
from .streams import WORLDS

ENOUGH = 20  # streams for an interval that says something
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def tables(figures):
    """Return the tables by world and watcher; a watcher that failed has the reason in its cells, others a dash."""
    watchers = list(dict.fromkeys(who for of in figures.values() for who in of))
    heads = "| | " + " | ".join(watchers) + " |\n|---|" + "---|" * len(watchers)

    def table(title, cell, known):
        rows = [
            f"| {WORLDS[world].words} | " + " | ".join(_told(of.get(who), cell) for who in watchers) + " |"
            for world, of in figures.items()
            if known(WORLDS[world])
        ]
        return "\n".join([f"{title}:\n", heads, *rows])

    still = table(
        "Streams with an alarm before anything changes", _false, lambda world: not world.kind or world.shape.change
    )
    whole = "| **all of these** | " + " | ".join(_told(together(figures, who), _false) for who in watchers) + " |"
    return "\n\n".join(
        [
            f"{still}\n{whole}",
            table("Change found, and after how many rows (median)", _found, lambda world: world.kind),
            table("Right kind named", lambda f: f"{f['kind']:.0%}", lambda world: world.kind),
            table(
                "Exactly the right columns named, at the alarm; at the end",
                _named,
                lambda world: world.columns,
            ),
            _matters(figures),
        ]
    )


def _told(figures, cell):
    return "-" if figures is None else f"not measured: {figures}" if isinstance(figures, str) else cell(figures)


def _false(f):
    if not f.get("seen", True):
        return "-"
    interval = f" ({f['low']:.1%}-{f['high']:.1%})" if f["streams"] >= ENOUGH else ""
    return f"{f['times']} of {f['streams']}{interval}"


def _found(f):
    return "0 %" if f["rows"] is None else f"{f['found']:.0%}, {f['rows']:,.0f}"


def _named(f):
    return "-" if f["columns"] is None else f"{f['at_once']:.0%}; {f['columns']:.0%}"


def _matters(figures):
    rows = [
        f"| {WORLDS[world].words} | {_hurts(WORLDS[world])} | {of[OWN]['matters']:.0%} |"
        for world, of in figures.items()
        if WORLDS[world].kind and of[OWN]["matters"] is not None
    ]
    return "\n".join(["Said to matter, which only Slipway says:\n", f"| | it does | {OWN} |\n|---|---|---|", *rows])


def _hurts(world):
    return {True: "yes", False: "no", None: "not known beforehand"}[world.hurts]


def months(told, *, of_batch):
    """Return a table of the flights as they were: what each watcher said in each month, with in how many batches.

    Args:
        told: Watcher to what it said of each batch.
        of_batch: The month of each batch, 1 to 12.
    """
    known = sorted(set(of_batch))
    heads = "| | " + " | ".join(MONTHS[month - 1] for month in known) + " |\n|---|" + "---|" * len(known)
    rows = [
        f"| {who} | " + " | ".join(_month(said, of_batch, month) for month in known) + " |"
        for who, said in told.items()
    ]
    return "\n".join(["Flights of 2013 as they were, by month; nobody knows the truth:\n", heads, *rows])


def _month(said, of_batch, month):
    here = [kind for kind, when in zip(said, of_batch, strict=True) if when == month]
    kinds = [kind for kind in here if kind]
    if not kinds:
        return ""
    return f"{max(('both', 'data', 'concept'), key=kinds.count)}, {len(kinds)} of {len(here)}"
