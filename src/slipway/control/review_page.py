"""The reviewers' page: one case at a time, by keyboard or mouse, without a script.

It shows what :class:`~slipway.control.review_desk.Handed` holds and knows nothing else, so it cannot tell more.
"""

from datetime import UTC, datetime
from html import escape

from slipway.control.review_forms import Handed, Shown
from slipway.control.reviews import MOST_COUNTED
from slipway.words import count

PAGE = "/page/review"
"""Where the page is."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with the page: nothing but itself may be loaded, and nobody may frame it or keep it."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1b2733;--paper:#fff;--line:#d5dbe1;--soft:#5b6875;--deed:#0b5c8a;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf0;--paper:#14191e;--line:#36404a;--soft:#9aa7b3;--deed:#5cb3e4;
--warn:#f0b060}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.5 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:1.35rem;margin:.2rem 0 .6rem}
p{margin:.5rem 0}.soft{color:var(--soft);font-size:.92rem}.late{color:var(--warn);font-weight:600}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;vertical-align:top;
padding:.45rem .6rem .45rem 0;

border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{font-weight:500;color:var(--soft);width:33%}
td{font-variant-numeric:tabular-nums}.said{border-left:4px solid var(--deed);padding:.4rem .8rem;margin:1rem 0}
a{color:var(--deed)}form{display:inline}.answers{display:flex;flex-wrap:wrap;gap:.7rem;margin:1.2rem 0}
button{font:inherit;padding:.65rem 1.3rem;border:2px solid var(--deed);border-radius:.4rem;background:transparent;
color:var(--deed);cursor:pointer}button.deed{background:var(--deed);color:var(--paper)}
h1:focus{outline:none}button:focus-visible,input:focus-visible{outline:3px solid var(--warn);outline-offset:2px}
input{font:inherit;padding:.55rem;border:1px solid var(--soft);border-radius:.4rem;background:transparent;
color:inherit;max-width:100%}label{display:block;margin:.8rem 0 .2rem}.told{border:1px solid var(--line);
border-radius:.4rem;padding:.6rem .9rem;margin:0 0 1rem}kbd{border:1px solid var(--line);border-radius:.25rem;
padding:0 .35rem;font:inherit;font-size:.85em}.back{margin-top:1.2rem}@media (hover:none){kbd,.keys{display:none}}
"""


def page(
    case: Handed | None, *, by: str, named: bool, now_us: int, told: str = "", undo: str = "", asked: bool = False
) -> str:
    """Return the page.

    Args:
        case: What the reviewer has, or None.
        by: Who he is, or empty where he has not said.
        named: Whether a key says who he is; else the page carries his name along.
        now_us: The moment.
        told: What came of what he did last, in words.
        undo: Case that he can take back, or empty.
        asked: Whether he asked for a case and there was none.
    """
    parts = [f'<div class="told" role="status">{escape(told)}{_undo(undo, by)}</div>' if told else ""]
    if not by:
        parts.append(_who())
    elif case is None:
        none = "<p>No case waits for you now.</p>" if asked else ""
        parts.append(f"<h1>Cases to decide</h1>{none}{_deed('next', 'Take the next case', by=by, focus=True)}")
    else:
        parts.append(_case(case, by=by, now_us=now_us))
    if by and not named:
        parts.append(f'<p class="soft">You are {escape(by)}. <a href="{PAGE}">Somebody else?</a></p>')
    body = "".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cases to decide</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _who() -> str:
    return (
        f'<h1>Who are you?</h1><form method="get" action="{PAGE}"><label for="as">Your name</label>'
        '<input id="as" name="as" required maxlength="128" autocomplete="username" autofocus> '
        '<button class="deed">Go on</button></form>'
        '<p class="soft">It stands beside each of your decisions. Always use the same.</p>'
    )


def _case(case: Handed, *, by: str, now_us: int) -> str:
    rows = "".join(f'<tr><th scope="row">{escape(f.name)}</th><td>{_value(f)}</td></tr>' for f in case.fields)
    known = f"<table>{rows}</table>" if rows else "<p>What was known of it is not kept any more.</p>"
    said = ""
    if case.suggestion is not None:
        told = f"would say <strong>{case.suggestion:,.6g}</strong>"
        if case.answers is not None:
            told = f"gives Yes a score of <strong>{case.suggestion:.2f}</strong>"
        said = f'<p class="said">A model {told}. You decide.</p>'
    more = count(case.open - 1, "more case") if case.open > 1 else "no more cases"
    more = more if case.open < MOST_COUNTED else f"{MOST_COUNTED} cases or more"
    return (
        f'<p class="soft">For {escape(case.people)} · {_left(case.due_us, now_us)} · yours until '
        f"{_clock(case.until_us)} UTC · {more} open</p>{_question(case)}{known}{said}"
        f"{_answers(case, by=by)}<div class=back>{_deed('leave', 'Give it back', by=by, id_=case.id)}</div>"
    )


def _question(case: Handed) -> str:
    # where there is nothing to type, it has the focus: Tab goes to the answers from there, and Enter says nothing
    focus = "" if case.answers is None else ' tabindex="-1" autofocus'
    return f"<h1{focus}>{escape(case.question)}</h1>"


def _answers(case: Handed, *, by: str) -> str:
    hidden = _hidden(act="decide", by=by, id_=case.id)
    why = '<label for="why">Why (may stay empty)</label><input id="why" name="why" maxlength="500" size="40">'
    if case.answers is None:
        field = '<input id="value" name="value" inputmode="decimal" required autofocus>'
        decide = '<p><button class="deed">Decide</button></p>'
        inside = f'{hidden}<label for="value">Your answer</label>{field}{why}{decide}'
        return f'<form method="post" action="{PAGE}">{inside}</form>'
    words = {1.0: "Yes", 0.0: "No"}  # and their first letters: Alt with a digit is a browser's own, for its tabs
    buttons = "".join(
        f'<button class="deed" name="value" value="{value:g}" accesskey="{words[value][0].lower()}">'
        f"{words[value]} <kbd>Alt+{words[value][0]}</kbd></button>"
        for value in sorted(case.answers, reverse=True)
    )
    # Enter in a field presses a form's first button: one that is disabled, so that nobody says Yes by it
    nothing = '<button disabled hidden aria-hidden="true"></button>'
    keys = '<p class="soft keys">Firefox wants Alt+Shift in place of Alt, a Mac Ctrl+Option.</p>'
    inside = f'{hidden}{nothing}<div class="answers">{buttons}</div>{keys}{why}'
    return f'<form method="post" action="{PAGE}">{inside}</form>'


def _deed(act: str, label: str, *, by: str, id_: str = "", focus: bool = False) -> str:
    shape = ' class="deed" autofocus' if focus else ""
    return (
        f'<form method="post" action="{PAGE}">{_hidden(act=act, by=by, id_=id_)}<button{shape}>{label}</button></form>'
    )


def _undo(id_: str, by: str) -> str:
    return " " + _deed("undo", "Take it back", by=by, id_=id_) if id_ else ""


def _hidden(*, act: str, by: str, id_: str) -> str:
    named = {"act": act, "by": by, "id": id_}
    return "".join(f'<input type="hidden" name="{k}" value="{escape(v)}">' for k, v in named.items() if v)


def _value(field: Shown) -> str:
    if field.value is None:
        return '<span class="soft">not known</span>'
    if isinstance(field.value, bool):
        return "yes" if field.value else "no"
    text = f"{field.value:,.15g}" if isinstance(field.value, float) else field.value
    return escape(f"{text} {field.unit}".strip())


def _left(due_us: int, now_us: int) -> str:
    left_s = (due_us - now_us) / 1e6
    if left_s <= 0:
        return '<span class="late">its time is over</span>'
    minutes = left_s / 60
    text = f"{left_s:.0f} s" if minutes < 2 else f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
    return f'<span class="{"late" if minutes < 5 else ""}">{text} left</span>'


def _clock(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, tz=UTC).strftime("%H:%M:%S")
