"""The review queue against a model of it: claimed, left, decided, taken back, settled, ended, killed at any moment."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from slipway.control import review_intake
from slipway.control.review_desk import ReviewDesk
from slipway.control.review_forms import ClaimRequest
from slipway.control.reviews import Reviews
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.trouble_sources import reviews_due
from slipway.deployment import reviewing
from slipway.errors import BadInput, Conflict, NotFound, Unavailable
from slipway.records.arm import Reading
from slipway.records.handover import Course
from slipway.records.review import Part, ReviewCase
from slipway.records.trouble import AlertKind
from slipway.testing.review_site import Desk
from slipway.testing.traffic import MemoryRoutes

S = 1_000_000
NAN = float("nan")


def site_of(*, answer_s=600.0, fallback="rule", **reading):
    return Desk(answer_s=answer_s, fallback=fallback, reading=Reading(**{"lease_s": 60, "undo_s": 10, **reading}))


def test_a_case_is_decided_and_the_caller_told_before_the_journal_has_it_for_good():
    site = site_of(settle=0.0)
    name = site.ask()
    assert site.step() == ()
    assert site.next("ana") == name
    assert site.next("bob") is None
    site.now_us += 7 * S
    read = site.decide(name, "ana").reads[0]
    assert (read.took_s, read.saw, read.part) == (7.0, True, Part.FIRST)
    site.step()
    assert site.decisions() == [], "it can still be taken back"
    told = site.reviews.decision(name, now_us=site.now_us)
    assert (told.pending, told.decision, told.by, told.fallback) == (False, 1.0, "ana", False)
    site.step()
    assert site.decisions() == [(name, 1.0, "ana", True, "first")], "the caller has it: it is final"
    with pytest.raises(Conflict, match="the caller has"):
        site.reviews.undo(name, by="ana", now_us=site.now_us)


def test_an_undo_is_a_record_and_the_case_waits_again():
    site = site_of(settle=0.0)
    name = site.ask()
    site.step()
    site.next("ana")
    site.decide(name, "ana", 1.0)
    site.reviews.undo(name, by="ana", now_us=site.now_us)
    assert site.reviews.decision(name, now_us=site.now_us).pending
    assert site.next("ana") == name
    site.decide(name, "ana", 0.0)
    site.step(later_s=11)
    assert site.decisions() == [(name, 0.0, "ana", True, "first")]
    case, _ = site.store.get(ReviewCase, id=name)
    assert [(r.value, r.undone_us is not None) for r in case.reads] == [(1.0, True), (0.0, False)]
    with pytest.raises(Conflict, match="older one"):
        site.reviews.undo(name, by="ana", now_us=site.now_us)


def test_past_its_time_the_declared_fallback_answers_and_says_so():
    site = site_of(answer_s=30)
    late, decided = site.ask(beside=0.2), site.ask(beside=0.2)
    site.step()
    site.next("ana")
    site.decide(late, "ana", 1.0)
    site.step(later_s=31)
    told = site.reviews.decision(decided, now_us=site.now_us)
    assert (told.pending, told.decision, told.by, told.fallback) == (False, 0.0, "rule", True)
    assert site.reviews.decision(late, now_us=site.now_us).by == "ana"
    with pytest.raises(Conflict, match="fallback has answered"):
        site.decide(decided, "ana")


def test_no_answer_of_the_fallback_or_none_declared_leaves_the_case_open():
    for site in (site_of(answer_s=30, fallback="none"), site_of(answer_s=30)):
        name = site.ask()
        site.step(later_s=31)
        assert site.reviews.decision(name, now_us=site.now_us).pending
        assert site.next("ana") == name
    nan = site_of(answer_s=30)
    name = nan.ask(beside=NAN)
    nan.step(later_s=31)
    assert nan.reviews.decision(name, now_us=nan.now_us).pending


@pytest.mark.parametrize("course", [Course.HANDED_OVER, Course.AUDITED])
def test_where_model_and_reader_differ_somebody_else_settles_and_sees_neither(course):
    site = site_of()
    name = site.ask(course=course, suggestion=0.8)
    desk = ReviewDesk(site.control, scope=Scope, now_us=lambda: site.now_us)
    site.step()
    assert desk.next(ClaimRequest(by="ana")).suggestion == (0.8 if course is Course.HANDED_OVER else None)
    site.decide(name, "ana", 0.0)
    assert site.next("bob") is None, "it may still be taken back"
    site.step(later_s=11)
    assert site.next("ana") is None, "who decided it does not settle it"
    handed = desk.next(ClaimRequest(by="bob"))
    assert (handed.id, handed.suggestion) == (name, None)
    site.decide(name, "bob", 1.0)
    assert site.next("cem") is None
    site.step(later_s=11)
    parts = {(by, part) for _, _, by, _, part in site.decisions()}
    assert parts == {("ana", "first"), ("bob", "settling")}
    if course is Course.HANDED_OVER:
        assert site.reviews.decision(name, now_us=site.now_us).decision == 0.0, "what the first reader decided stays"
    else:
        with pytest.raises(NotFound, match="answered at once"):
            site.reviews.decision(name, now_us=site.now_us)


def test_a_shadow_of_a_person_is_held_against_him_once_it_has_spoken():
    site = site_of(fallback="none")
    name = site.ask(course=Course.ASKED, beside=0.1)
    site.step()
    site.next("ana")
    site.decide(name, "ana", 1.0)
    site.step(later_s=11)
    assert site.next("bob") == name


@pytest.mark.parametrize("course", [Course.HANDED_OVER, Course.AUDITED, Course.ASKED])
def test_who_has_read_a_case_cannot_find_out_what_the_model_said_of_it(course):
    """What he is told before and after the time to take it back is the same, whatever the model said."""
    told = {}
    for said in (0.8, 0.2):
        site = site_of(fallback="none")
        name = site.ask(course=course, suggestion=said, shown=False, beside=said)
        site.ask(course=course, suggestion=said, shown=False, beside=said)
        desk = ReviewDesk(site.control, scope=Scope, now_us=lambda site=site: site.now_us)
        site.step()
        assert site.next("ana") == name
        site.decide(name, "ana", 0.0)
        seen = []
        for later_s in (0, 5, 6, 1):
            site.step(later_s=later_s)
            seen += [desk.cases("ana"), desk.stats("ana"), desk.cases(), desk.stats()]
            with pytest.raises(Conflict) as refused:
                site.decide(name, "ana")
            seen.append(str(refused.value))
            seen.append(desk.next(ClaimRequest(by="ana")))
        site.decide("c2", "ana", 0.0)
        if said > 0.5:
            assert desk.next(ClaimRequest(by="bob")).id == name, "he settles it"
            site.decide(name, "bob", 1.0)
        seen += [desk.cases("ana"), desk.stats("ana").counts]
        told[said] = seen
    assert told[0.8] == told[0.2]


@pytest.mark.parametrize("how", ["gave it back", "let it go", "took it back"])
def test_who_was_shown_the_suggestion_reads_it_first_or_not_at_all(how):
    site = site_of(second=1.0)
    name = site.ask(suggestion=0.8)
    desk = ReviewDesk(site.control, scope=Scope, now_us=lambda: site.now_us)
    site.step()
    assert desk.next(ClaimRequest(by="ana")).suggestion == 0.8
    if how == "took it back":
        site.decide(name, "ana")
        site.reviews.undo(name, by="ana", now_us=site.now_us)
    elif how == "gave it back":
        site.reviews.leave(name, by="ana", now_us=site.now_us)
    else:
        site.step(later_s=61)
    assert site.next("bob") == name
    assert site.decide(name, "bob", 0.0).reads[-1].saw
    assert site.next("ana") is None
    assert [desk.cases("ana"), len(desk.cases("cem"))] == [(), 1]
    assert desk.next(ClaimRequest(by="cem")).suggestion is None
    site.decide(name, "cem", 0.0)
    site.step(later_s=11)
    assert site.next("ana") is None
    assert site.next("dan") == name, "the model said otherwise"


def test_whether_a_reader_saw_the_suggestion_is_what_he_was_handed():
    """Bob was handed a second reading without it; that he decides first in the end shows him nothing."""
    site = site_of(second=1.0)
    name = site.ask(suggestion=0.8)
    desk = ReviewDesk(site.control, scope=Scope, now_us=lambda: site.now_us)
    site.step()
    site.next("ana")
    site.decide(name, "ana")
    assert desk.next(ClaimRequest(by="bob")).suggestion is None
    site.reviews.undo(name, by="ana", now_us=site.now_us)
    assert desk.next(ClaimRequest(by="bob")).suggestion is None, "the same case, as he had it"
    read = site.decide(name, "bob").reads[-1]
    assert (read.part, read.saw) == (Part.FIRST, False)


def test_what_was_decided_without_the_queue_closes_the_case_at_once():
    site = site_of(settle=0.0, answer_s=30)
    name = site.ask(beside=0.2)
    site.step()
    assert site.next("ana") == name
    site.tell(name, "zoe", 1.0)
    site.step(later_s=1)
    told = site.reviews.decision(name, now_us=site.now_us)
    assert (told.pending, told.decision, told.by, told.fallback) == (False, 1.0, "zoe", False)
    with pytest.raises(Conflict, match="want one that ana has"):
        site.decide(name, "ana", 0.0)
    assert (site.next("ana"), site.next("bob")) == (None, None)
    with pytest.raises(Conflict, match="the caller has"):
        site.reviews.undo(name, by="zoe", now_us=site.now_us)
    site.step(later_s=31)
    assert site.reviews.decision(name, now_us=site.now_us) == told, "the fallback has no say any more"
    assert site.decisions() == [(name, 1.0, "zoe", None, "")], "it is in the journal once"
    site.start()
    site.step()
    assert site.reviews.decision(name, now_us=site.now_us) == told


def test_what_is_told_of_a_case_counts_as_the_reading_it_waits_for():
    site = site_of(second=1.0)
    name = site.ask(suggestion=0.8)
    site.tell(name, "zoe", 0.0)
    site.tell(name, "zoe", 1.0)
    site.step()
    assert site.next("zoe") is None, "she has read it"
    assert site.next("ana") == name
    site.decide(name, "ana", 0.0)
    site.tell(name, "yan", 1.0)
    site.step(later_s=1)
    assert len(site.reviews.case(name).reads) == 2, "what ana said may still be taken back: nobody settles it"
    site.step(later_s=11)
    site.now_us += 1
    site.tell(name, "xia", 1.0)
    site.step()
    reads = [(r.by, r.value, r.part, r.saw) for r in site.reviews.case(name).reads]
    assert reads == [
        ("zoe", 0.0, Part.FIRST, False), ("ana", 0.0, Part.SECOND, False), ("xia", 1.0, Part.SETTLING, False),
    ]  # fmt: skip
    assert sorted(by for _, _, by, _, _ in site.decisions()) == ["ana", "xia", "yan", "zoe", "zoe"]


@pytest.mark.parametrize("undone", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
def test_what_was_told_while_a_reading_could_be_taken_back_changes_nothing_whenever_it_is_read(restarted, undone):
    """A control that starts anew reads the journal from its beginning, and so hears it again."""
    site = site_of(second=0.0)
    name = site.ask(suggestion=0.8)
    site.step()
    site.next("ana")
    site.decide(name, "ana", 0.0)
    site.now_us += S
    site.tell(name, "zoe", 1.0)
    site.step()
    if undone:
        site.reviews.undo(name, by="ana", now_us=site.now_us)
    site.step(later_s=11)
    if restarted:
        site.start()
    site.step(later_s=1)
    assert [read.by for read in site.reviews.case(name).valid()] == ([] if undone else ["ana"])
    assert site.next("bob") == name, "it waits for who decides or settles it"


def test_of_a_case_that_an_older_version_wrote_what_was_told_before_its_readings_does_not_settle_it():
    site = site_of(second=0.0)
    name = site.ask(suggestion=0.8)
    site.step()
    site.next("ana")
    case = site.decide(name, "ana", 0.0)
    older = msgspec.structs.replace(case, written=1)  # it has no word on since when
    how = {"by": "zoe", "value": 1.0, "saw": False, "scoring": site.reviews.scoring}
    assert reviewing.told_once(older, at_us=site.now_us - 1, **how) is None
    assert reviewing.told_once(older, at_us=site.now_us + 1, **how).valid()[-1].part is Part.SETTLING


def test_a_decision_that_is_read_before_its_request_closes_the_case():
    site = site_of(settle=0.0)
    site.tell("c1", "zoe")
    site.step()
    name = site.ask()
    site.step()
    assert site.reviews.decision(name, now_us=site.now_us).by == "zoe"


def test_a_decision_that_came_too_late_changes_nothing():
    site = site_of(answer_s=30)
    name = site.ask(beside=0.2)
    site.step(later_s=31)
    site.tell(name, "zoe", 1.0)
    site.step()
    assert site.reviews.decision(name, now_us=site.now_us).by == "rule"


def test_the_first_to_be_handed_out_is_the_one_that_the_arm_says():
    for first, wanted in (("unsure", "c2"), ("oldest", "c1"), ("due", "c1")):
        site = site_of(first=first)
        site.ask(suggestion=0.9)
        site.ask(suggestion=0.55)
        site.step()
        assert site.next("ana") == wanted


def test_a_case_near_the_end_of_its_time_is_an_alert_until_somebody_decides_it():
    site = site_of(answer_s=100, settle=0.0)
    source = reviews_due(site.reviews.pressed)
    name = site.ask()
    site.step(later_s=89)
    assert list(source.troubles(site.now_us)) == []
    site.step(later_s=2)
    (trouble,) = source.troubles(site.now_us)
    assert (trouble.kind, trouble.about, "'rule' answers" in trouble.sentence) == (AlertKind.REVIEW_DUE, "desk", True)
    site.next("ana")
    site.decide(name, "ana")
    assert list(source.troubles(site.now_us)) == []


def test_killed_between_the_journal_and_the_store_a_decision_comes_twice_and_counts_once():
    site = site_of(undo_s=0, settle=0.0)
    name = site.ask()
    site.step()
    site.next("ana")
    site.decide(name, "ana")
    site.now_us += 1
    commit = site.store.commit

    def refuses(*_, **__):
        raise Unavailable("killed")

    site.store.commit = refuses
    assert any("killed" in problem for problem in site.step())
    site.store.commit = commit
    site.start()
    site.step()
    site.step()
    assert len(site.decisions()) == 2
    assert (site.control.ledger.tally.decisions, site.control.ledger.tally.repeated_decisions) == (1, 1)
    assert site.reviews.case(name).written == 1


def test_who_becomes_the_controller_again_reads_anew_what_another_has_stored():
    site, term = site_of(settle=0.0), [1]
    one = Reviews(site.store, people=(), scoring=Terms().scoring, write=lambda _: None, term=lambda: term[0])
    name = site.ask()
    site.step()
    assert one.decision(name, now_us=site.now_us).pending
    site.next("ana")
    site.decide(name, "ana")
    assert one.decision(name, now_us=site.now_us).pending, "as it was when it was the controller"
    term[0] = 3
    assert one.decision(name, now_us=site.now_us).decision == 1.0


def test_what_is_read_twice_and_settled_is_drawn_by_the_shares_that_gates_weigh_by():
    """Those are the route's; what the scope says meanwhile holds for a route that is opened with it."""
    site = site_of(settle=1.0, second=0.0)
    scope = msgspec.structs.replace(site.people, reading=Reading(settle=0.0, second=1.0))
    other = Reviews(site.store, people=(scope,), scoring=Terms().scoring, write=lambda _: None)
    site.control = Controller(
        store=site.store, journal=site.journal, files=MemoryRoutes(), terms=Terms(), reviews=other
    )  # fmt: skip
    name = site.ask()
    site.step()
    assert (other.case(name).settles, other.case(name).second) == (True, False)


def test_who_stands_by_does_not_pile_up_what_the_controller_has_stored(monkeypatch):
    monkeypatch.setattr(review_intake, "MOST_NEW", 3)
    site = site_of()
    beside = Reviews(site.store, people=(), scoring=Terms().scoring, write=lambda _: None)
    reader = Controller(
        store=site.store, journal=site.journal, files=MemoryRoutes(), terms=Terms(), reviews=beside
    )  # fmt: skip
    for _ in range(8):
        site.ask()
        site.step()
        reader.catch_up([])
    assert beside.intake.unkept <= 3


def test_nobody_and_nonsense_are_refused():
    site = site_of()
    name = site.ask()
    site.step()
    with pytest.raises(BadInput, match="somebody's name"):
        site.next(" ")
    site.next("ana")
    for value in (0.5, NAN):
        with pytest.raises(BadInput, match="0 or 1"):
            site.decide(name, "ana", value)
    with pytest.raises(Conflict, match="one that bob has, got another"):
        site.decide(name, "bob")
    with pytest.raises(NotFound):
        site.decide("nothing", "ana")


@pytest.mark.parametrize("by", ["a\0b", "x" * 5000, "a\nb"])
def test_what_the_data_plane_takes_for_nobody_is_nobody_here(by):
    site = site_of()
    site.ask()
    site.step()
    with pytest.raises(BadInput, match="names nobody"):
        site.next(by)


@pytest.mark.parametrize("lease_s", [1e9, 1e300, float("inf")])
def test_nobody_has_a_case_for_longer_than_its_arm_says(lease_s):
    site = site_of()
    site.ask()
    site.step()
    _, case = site.reviews.next(by="ana", now_us=site.now_us, lease_s=lease_s)
    assert case.until_us == site.now_us + 60 * S
    for nonsense in (0.0, -1.0, NAN):
        with pytest.raises(BadInput, match="above 0 s"):
            site.reviews.next(by="bob", now_us=site.now_us, lease_s=nonsense)


def test_who_has_a_case_and_asks_for_one_of_others_is_told_so():
    site = site_of()
    name = site.ask()
    site.step()
    site.next("ana")
    with pytest.raises(Conflict, match=f"case {name}: want it decided or given back"):
        site.reviews.next(by="ana", now_us=site.now_us, person="others")
    assert site.reviews.next(by="ana", now_us=site.now_us, person="desk")[0] == name
    assert site.reviews.next(by="bob", now_us=site.now_us, person="others") is None


def test_who_asks_again_and_again_for_what_nobody_asked_costs_one_look_a_second():
    site, now_s, looks = site_of(), [5.0], []
    desk = ReviewDesk(site.control, scope=Scope, now_us=lambda: site.now_us, monotonic=lambda: now_s[0])
    catch_up = site.control.catch_up
    site.control.catch_up = lambda problems: looks.append(now_s[0]) or catch_up(problems)
    for _ in range(30):
        with pytest.raises(NotFound):
            desk.decision("nothing")
        now_s[0] += 0.1
    assert len(looks) == 3
    assert desk.looked_s == looks[-1]
    site.ask()
    now_s[0] += 1
    assert desk.decision("c1").pending


class Scope:
    """As much of a scope as the desk asks."""

    class task:  # noqa: N801
        y, kind = "is it so?", Terms().scoring.kind

    fields = ()


class Queue(RuleBasedStateMachine):
    """People come and go; control is killed; what a plain dictionary says must be so."""

    people = st.sampled_from(["ana", "bob", "cem"])
    values = st.sampled_from([0.0, 1.0])

    @initialize(second=st.sampled_from([0.0, 1.0]), settle=st.sampled_from([0.0, 1.0]))
    def begin(self, second, settle):
        self.site = site_of(answer_s=300, second=second, settle=settle)
        self.holds = {}  # case -> (by, until)
        self.final = {}  # case -> decision that the caller has

    def waits(self, name):
        return self.site.reviews.waits(self.site.reviews.case(name))

    @rule(
        suggestion=st.sampled_from([0.6, 0.2]),
        course=st.sampled_from([Course.ASKED, Course.HANDED_OVER, Course.AUDITED]),
    )
    def ask(self, suggestion, course):
        self.site.ask(suggestion=suggestion, course=course, beside=0.9)
        self.site.step()

    @rule(by=people)
    def claim(self, by):
        name = self.site.next(by)
        if name is None:
            return
        holder = self.holds.get(name)
        assert holder is None or holder[0] == by or holder[1] <= self.site.now_us, "two have one case"
        case = self.site.reviews.case(name)
        assert by not in {read.by for read in case.valid()}
        self.holds[name] = (by, self.site.now_us + 60 * S)

    @rule(by=people, value=values)
    def decide(self, by, value):
        for name, (holder, until) in list(self.holds.items()):
            if holder != by:
                continue
            case = self.site.reviews.case(name)
            if until > self.site.now_us and case.ended_us is None:
                self.site.decide(name, by, value)
            else:
                with pytest.raises(Conflict):
                    self.site.decide(name, by, value)
            del self.holds[name]
            return

    @rule(by=people, value=values, case=st.integers(1, 5))
    def tell(self, by, value, case):
        name = f"c{case}"
        if case > self.site.asked:
            return
        before = self.site.reviews.case(name)
        self.site.tell(name, by, value)
        self.site.step()
        after = self.site.reviews.case(name)
        if len(after.reads) > len(before.reads):
            assert after.valid()[-1].told
            self.holds.pop(name, None)

    @rule(by=people)
    def leave(self, by):
        for name, (holder, until) in list(self.holds.items()):
            if holder == by and until > self.site.now_us and self.site.reviews.case(name).ended_us is None:
                self.site.reviews.leave(name, by=by, now_us=self.site.now_us)
                del self.holds[name]
                return

    @rule(by=people)
    def undo(self, by):
        for name, case in self.site.reviews.cases():
            if case.valid() and case.valid()[-1].by == by:
                before = case.valid()
                try:
                    after = self.site.reviews.undo(name, by=by, now_us=self.site.now_us)
                except Conflict:
                    continue
                assert after.valid() == before[:-1]
                assert len(after.reads) == len(case.reads), "what was said stays"
                assert name not in self.final or before[-1].part is not Part.FIRST
                return

    @rule()
    def fetch(self):
        for name, case in self.site.reviews.cases():
            if case.course is Course.AUDITED:
                continue
            told = self.site.reviews.decision(name, now_us=self.site.now_us)
            if not told.pending:
                assert self.final.setdefault(name, told) == told, "what the caller has changed"

    @rule(later_s=st.sampled_from([1, 11, 61, 301]))
    def pass_time(self, later_s):
        assert self.site.step(later_s=later_s) == ()

    @rule()
    def kill(self):
        self.site.start()
        self.site.step()

    @invariant()
    def nothing_is_lost(self):
        if hasattr(self, "site"):
            assert len(self.site.reviews.cases()) == self.site.asked
            once = [(name, by) for name, _, by, _, part in self.site.decisions() if part]
            assert len(once) == len(set(once)), "a decision came twice"


Queue.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestQueue = Queue.TestCase
