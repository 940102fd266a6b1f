"""The ``[rollout]`` table: stages and gates as a person drafted them, completed from the template."""

from collections.abc import Sequence
from typing import Any

from slipway.errors import BadInput, nearest
from slipway.records.automation import Automation
from slipway.records.gate import MARGINS, Baseline, GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_template import SHARES, complete, default_stages, needs_deal, needs_pairs
from slipway.records.rollout import Plan, StageKind
from slipway.records.scope import Metric
from slipway.records.task import Case
from slipway.scoping.keys import GATE, ROLLOUT, STAGE
from slipway.scoping.lines import Place
from slipway.scoping.problems import Problems, shown
from slipway.scoping.table import build, read_table
from slipway.scoping.values import one_of

_STAGES: Place = ("rollout", "stages")
_ORDER = list(StageKind)


def read_rollout(
    raw: Any, *, case: Case | None, metric: Metric | None, problems: Problems, baseline: Baseline | None = None
) -> Plan | None:
    """Return the plan, or None if the table or what it depends on is at fault.

    Args:
        raw: The table.
        case: The project's case; None where it is at fault.
        metric: The project's metric; None likewise.
        problems: Where faults go.
        baseline: Whom the usual gates hold a candidate against once it carries traffic, or None.
    """
    before = len(problems)
    values = read_table(raw, place=("rollout",), keys=ROLLOUT, problems=problems)
    written = values.pop("stages") if values else raw.get("stages") if isinstance(raw, dict) else None
    drafts = None if written is None else _drafts(written, problems=problems)
    if drafts is not None:
        name = metric.name if metric else "error"
        _check(drafts, pair=bool(values is None or values["pair"]), metric=name, problems=problems)
    if values is None or case is None or metric is None or len(problems) > before:
        return None
    automation = _automation(values, problems=problems)
    stated = {Baseline.TARGET: metric.target, Baseline.HUMAN: metric.human_level}
    terms = PlanTerms(
        metric=metric.name,
        margin=metric.margin,
        errors_cost_one=(metric.false_positive_cost, metric.false_negative_cost) == (1.0, 1.0),
        automation=automation,
        levels={of: level for of, level in stated.items() if level is not None},
        baseline=baseline,
        **values,
    )
    stages = default_stages(case, automation=automation is not None) if drafts is None else drafts
    try:
        return complete(stages, terms=terms)
    except BadInput as error:
        problems.quote(("rollout",), error)
        return None


def _automation(values: dict[str, Any], *, problems: Problems) -> Automation | None:
    """Take what a plan says of people out of the values of its table."""
    said = {name: values.pop(name) for name in ("error_bound", "confidence", "audit", "hidden")}
    said = {name: value for name, value in said.items() if value is not None}
    person = values.pop("person")
    if person is None:
        for name, value in said.items():
            way_out = "Name the arm of people beside whom the model works: person = 'desk'."
            problems.add(("rollout", name), want=f"'person' beside '{name}'", got=shown(value), way_out=way_out)
        return None
    return build(Automation, {"person": person, **said}, place=("rollout",), problems=problems)


def _drafts(raw: Any, *, problems: Problems) -> list[StageDraft]:
    if not isinstance(raw, list) or not raw:
        want = "a list of at least one stage"
        problems.add(_STAGES, want=want, got=shown(raw), way_out='For example: ["shadow", "canary", "full", "watch"].')
        return []
    drafts = [_draft(item, place=(*_STAGES, i), problems=problems) for i, item in enumerate(raw)]
    return [d for d in drafts if d]


def _draft(raw: Any, *, place: Place, problems: Problems) -> StageDraft | None:
    values = read_table({"name": raw} if isinstance(raw, str) else raw, place=place, keys=STAGE, problems=problems)
    gates = (
        _gates(raw["gates"], place=(*place, "gates"), problems=problems)
        if isinstance(raw, dict) and "gates" in raw
        else None
    )
    if values is None:
        return None
    values["gates"] = gates
    if values["kind"] is None:
        values["kind"] = _kind(values["name"], place=place, problems=problems)
    if values["kind"] is None:
        return None
    return build(StageDraft, values, place=place, problems=problems)


def _kind(name: str, *, place: Place, problems: Problems) -> StageKind | None:
    """A stage whose name begins with a kind, such as ``ramp-25``, need not repeat it."""
    words = [k.value for k in StageKind]
    first = name.replace("_", "-").split("-")[0]
    if first in words:
        return StageKind(first)
    way_out = f"Name it so, or write kind = ...{nearest(first, words)}"
    problems.add(
        (*place, "kind"), want=f"{one_of(words)}, for the name '{name}' tells none", got="nothing", way_out=way_out
    )
    return None


def _gates(raw: Any, *, place: Place, problems: Problems) -> tuple[GateDraft, ...] | None:
    if not isinstance(raw, list) or not raw:
        way_out = "Leave the key out for the usual gates of this stage; a stage without a gate would pass on silence."
        problems.add(
            place, want="a list of at least one gate", got="an empty list" if raw == [] else shown(raw), way_out=way_out
        )
        return None
    gates = [_gate(item, place=(*place, i), problems=problems) for i, item in enumerate(raw)]
    return tuple(g for g in gates if g)


def _gate(raw: Any, *, place: Place, problems: Problems) -> GateDraft | None:
    if isinstance(raw, str):
        words = [k.value for k in GateKind]
        if raw not in words:
            problems.add(
                place, want=f"a gate: {one_of(words)}", got=shown(raw), way_out=nearest(raw.lower(), words).strip()
            )
            return None
        return build(GateDraft, {"kind": GateKind(raw)}, place=place, problems=problems)
    values = read_table(raw, place=place, keys=GATE, problems=problems)
    gate = build(GateDraft, values, place=place, problems=problems)
    if gate and gate.margin is not None and gate.kind not in MARGINS:
        way_out = f"A gate '{gate.kind}' has none: take it out."
        problems.add(
            (*place, "margin"), want=f"a margin on {one_of(MARGINS)} only", got=shown(gate.margin), way_out=way_out
        )
    return gate


def _check(drafts: Sequence[StageDraft], *, pair: bool, metric: str, problems: Problems) -> None:
    _check_order(drafts, problems=problems)
    share = 0.0
    for i, draft in enumerate(drafts):
        place = (*_STAGES, i)
        _check_share(draft, above=share, place=place, problems=problems)
        _check_stay(draft, place=place, problems=problems)
        _check_gates(draft, pair=pair, metric=metric, place=(*place, "gates"), problems=problems)
        share = max(share, draft.share or 0.0)


def _check_order(drafts: Sequence[StageDraft], *, problems: Problems) -> None:
    seen: set[str] = set()
    for i, draft in enumerate(drafts):
        place = (*_STAGES, i, "name")
        if draft.name in seen:
            problems.add(
                place, want="names that differ", got=f"'{draft.name}' a second time", way_out=f"Write '{draft.name}-2'."
            )
        seen.add(draft.name)
        behind = drafts[i - 1].kind if i else StageKind.SHADOW
        again = i > 0 and draft.kind is behind and draft.kind in (StageKind.FULL, StageKind.WATCH)
        if _ORDER.index(draft.kind) < _ORDER.index(behind) or again:
            problems.add(
                (*_STAGES, i),
                want=f"the order {', '.join(_ORDER)}",
                got=f"'{draft.kind}' behind '{behind}'",
                way_out="A candidate only gains traffic while it proves itself.",
            )
    if drafts and StageKind.FULL not in {d.kind for d in drafts}:
        way_out = "Without it no candidate ever takes the place of what is live."
        problems.add(_STAGES, want="a stage 'full'", got=", ".join(d.name for d in drafts), way_out=way_out)


def _check_share(draft: StageDraft, *, above: float, place: Place, problems: Problems) -> None:
    fixed = {StageKind.SHADOW: 0.0, StageKind.FULL: 1.0, StageKind.WATCH: 1.0}.get(draft.kind)
    share = SHARES.get(draft.kind) if draft.share is None else draft.share
    place = (*place, "share")
    if share is None:
        problems.add(place, want="a share", got="nothing", way_out="A ramp says how far it goes: share = 0.25.")
    elif fixed is not None and share != fixed:
        problems.add(place, want=f"{fixed:g} in '{draft.kind}'", got=f"{share:g}", way_out="Leave the key out.")
    elif fixed is None and not above < share < 1:
        want = f"{above:g} < share < 1, for shares grow from stage to stage"
        problems.add(
            place, want=want, got=f"{share:g}", way_out="Shares are fractions: 0.05 is 5 %; all traffic is 'full'."
        )


def _check_stay(draft: StageDraft, *, place: Place, problems: Problems) -> None:
    if draft.min_s is not None and draft.max_s is not None and draft.min_s > draft.max_s:
        got = f"{draft.min_s:g} and {draft.max_s:g} seconds"
        problems.add(
            (*place, "min"), want="min <= max", got=got, way_out="'max' is the deadline: a longer hold rolls back."
        )
    elif draft.max_s == 0:
        problems.add(
            (*place, "max"), want="a stay longer than 0", got="0", way_out="No gate could ever answer in time."
        )


def _check_gates(draft: StageDraft, *, pair: bool, metric: str, place: Place, problems: Problems) -> None:
    asked = [(g.kind, g.metric) for g in draft.gates or ()]
    for i, (kind, _) in enumerate(asked):
        if asked[i] in asked[:i]:
            problems.add((*place, i), want="each gate once", got=f"'{kind}' a second time", way_out="Keep one of them.")
        if needs_deal(kind) and draft.kind not in (StageKind.CANARY, StageKind.RAMP):
            way_out = "It compares requests dealt at random: ask it in canary and ramp."
            problems.add((*place, i), want=f"no gate '{kind}' in '{draft.kind}'", got="one", way_out=way_out)
            continue
        paired = pair or draft.kind is StageKind.SHADOW
        if not paired and needs_pairs(kind, stage=draft.kind, metric=metric):
            way_out = "It compares both answers to one request: write pair = true, or take the gate out."
            problems.add((*place, i), want=f"no gate '{kind}' here where pair = false", got="one", way_out=way_out)
