"""Features and data: the seven items of the paper's section II."""

from slipway.records.dataset import CheckResult, DatasetVersion
from slipway.records.field import FieldKind, Privacy
from slipway.records.gate import GateKind
from slipway.records.readiness import Item
from slipway.records.rollout import Decision, RolloutStatus
from slipway.scoping.judge import Standing
from slipway.scoping.load import judge_load
from slipway.scoping.readiness.evidence import Evidence, Found, against, full, half, nothing
from slipway.words import count, duration

_MAKE = "Run 'slipway data make'."
_META = ("leakage", "time travel")
_US = 1e6


def schema(e: Evidence) -> Found:
    """Data 1: each version's columns are held against [fields], and so is every request."""
    if e.dataset is None:
        return nothing("no dataset version was held against the fields.", way_out=_MAKE)
    checks = [c for c in e.dataset.checks if c.name.partition(":")[0] in {f.name for f in e.scope.fields}]
    if not checks:
        return nothing("the version was not held against the fields.", _dataset(e.dataset), way_out=_MAKE)
    if failed := [c.name for c in checks if not c.passed]:
        told = f"{len(failed)} of {count(len(checks), 'expectation')} broken: {', '.join(failed[:5])}."
        return against(told, _dataset(e.dataset), way_out="Mend the data, or what [fields] says.")
    told = f"{count(len(checks), 'expectation')} hold, and each request is asked the same."
    open_ = [f.name for f in e.scope.fields if f.kind is FieldKind.NUMBER and f.low is None and f.high is None]
    if open_:
        way_out = f"Write low or high for {', '.join(open_[:5])}{' ...' if len(open_) > 5 else ''} in [fields]."
        return half(told, _dataset(e.dataset), way_out=way_out)
    return full(told, _dataset(e.dataset))


def beneficial(e: Evidence) -> Found:
    """Data 2: for each field there is a model of the same data without it to compare with."""
    manifest = e.manifest
    way_out = "Take a field out of [fields], train on the same dataset, and compare; do so for each field."
    if manifest is None:
        return nothing("there is no model to leave a field out of.", way_out="Run 'slipway run train'.")
    all_ = {f.name for f in manifest.signature.fields}
    without: dict[str, str] = {}
    for id_, other in e.packages:
        left = all_ - {f.name for f in other.signature.fields}
        same = other.provenance.data == manifest.provenance.data and other.provenance.data != ""
        if same and len(left) == 1 and {f.name for f in other.signature.fields} < all_:
            without[left.pop()] = f"package {id_}"
    if e.dataset and not all(c.passed for c in _named(e.dataset, "constant columns")):
        return against(
            "a column never changes, so it brings nothing.", _dataset(e.dataset), way_out="Take it out of [fields]."
        )
    told = f"{len(without)} of {count(len(all_), 'field')} were left out once, on the same data."
    if len(without) == len(all_):
        return full(told, *without.values())
    return half(told, *without.values(), way_out=way_out) if without else nothing(told, way_out=way_out)


def feature_cost(e: Evidence) -> Found:
    """Data 3: all features together stay within the budgets, so each of them does."""
    if e.scope.budgets.latency_p99_ms is None:
        return nothing("no latency budget says what is too much.", way_out="Write budgets.latency_p99_ms.")
    gates = list(e.gates(GateKind.SERVICE, rollouts=e.own_rollouts()))
    if gates and gates[-1][1].decision is Decision.PASS:
        told = (
            "in its rollout the model, with all its features, did not exceed the latency budget more often than live."
        )
        return full(told, f"verdict {gates[-1][0]}")
    if not e.load_tests:
        return nothing("nobody measured what an answer costs.", way_out="Run 'slipway bench' beside the server.")
    test = e.load_tests[-1]
    standings = {j.standing for j in judge_load(e.scope, test=test)}
    if Standing.BROKEN in standings:
        way_out = "Find the features that cost most, or a cheaper model."
        return against("the load test broke a budget.", f"load-test {test.id}", way_out=way_out)
    if standings == {Standing.HOLDS}:
        told = "in the load test all features together stayed within the budgets."
        return half(told, f"load-test {test.id}", way_out="A rollout with a service gate measures it on every request.")
    return nothing("the load test could not tell.", f"load-test {test.id}", way_out="Run 'slipway bench' again.")


def meta_level(e: Evidence) -> Found:
    """Data 4: only fields of the scope are served, and none gives the answer away or comes from the future."""
    if e.dataset is None:
        return nothing("no dataset version was checked.", way_out=_MAKE)
    checks = _named(e.dataset, *_META)
    if not checks:
        return nothing("no version was searched for leaks.", _dataset(e.dataset), way_out=_MAKE)
    if failed := [c for c in checks if not c.passed]:
        way_out = "Find out whether it is known when the answer is needed."
        return against(f"{failed[0].name}: {failed[0].detail}", _dataset(e.dataset), way_out=way_out)
    manifest = e.manifest
    if manifest is None:
        way_out = "Package a model: 'slipway run train'."
        return half("the data show no leak, and no model uses them yet.", _dataset(e.dataset), way_out=way_out)
    if strange := [f.name for f in manifest.signature.fields if f.name not in {g.name for g in e.scope.fields}]:
        told = f"the model takes {', '.join(strange[:5])}, which the scope does not allow."
        return against(told, f"package {e.package}", way_out="Train again, or add them to [fields] with their reasons.")
    told = "the model takes fields of the scope only, and none of them leaks Y or the future."
    return full(told, _dataset(e.dataset), f"package {e.package}")


def privacy(e: Evidence) -> Found:
    """Data 5: some field has a privacy class, which the journal keeps for every row."""
    held = [f.name for f in e.scope.fields if f.privacy is not Privacy.CLEAR]
    if held:
        return full(f"the journal holds {', '.join(held[:5])} as pseudonym or not at all, in every row.", "scope main")
    way_out = "Write privacy = 'pseudonym' or 'nothing' for what concerns people; or attest that nothing does."
    return nothing("every field is kept in clear; nobody said that none concerns a person.", way_out=way_out)


def quickly_added(e: Evidence) -> Found:
    """Data 6: how long it took from data with a new column to a model that uses it, and to serving it."""
    way_out = "The next field that is added and trained on is measured; or attest how long the last one took."
    for (_, before), (id_, after) in reversed(list(zip(e.packages, e.packages[1:], strict=False))):
        new = {f.name for f in after.signature.fields} - {f.name for f in before.signature.fields}
        first = [d.created_us for d in e.datasets if new and new <= {c.name for c in d.columns}]
        if not first:
            continue
        told = f"{', '.join(sorted(new)[:3])}: {duration((after.created_us - min(first)) / _US)} from data to model"
        done = [r for r in e.rollouts if e.arms.get(r.candidate) == id_ and r.status is RolloutStatus.COMPLETED]
        if done and done[0].ended_us is not None:
            whole = duration((done[0].ended_us - min(first)) / _US)
            return full(f"{told}, {whole} to all requests.", f"package {id_}", f"rollout {done[0].id}")
        return half(f"{told}.", f"package {id_}", way_out="A completed rollout of that model shows the whole way.")
    return nothing("no field was added yet, so nobody knows how long it takes.", way_out=way_out)


def code_tested(_: Evidence) -> Found:
    """Data 7: no record shows the tests of the user's own code."""
    return nothing("no record shows tests of the code that makes the features.", way_out="Test it, then attest it.")


RULES = {
    Item.DATA_1: schema,
    Item.DATA_2: beneficial,
    Item.DATA_3: feature_cost,
    Item.DATA_4: meta_level,
    Item.DATA_5: privacy,
    Item.DATA_6: quickly_added,
    Item.DATA_7: code_tested,
}
"""One rule an item."""


def _dataset(version: DatasetVersion) -> str:
    return f"dataset {version.id}"


def _named(version: DatasetVersion, *names: str) -> list[CheckResult]:
    return [c for c in version.checks if c.name in names]
