"""Whatever people do on the two sides, and wherever a pass is killed, the sides come together.

Random histories over the pure decisions and two fake sides. After each one the passes run until
they should have nothing left to do; then both sides agree, nothing is there twice, and no person's
edit is gone without a trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.sync.builders import (
    BOTH_KINDS,
    CUSTOMER,
    HAVNEGATA,
    ORGANIZATION,
    POWEROFFICE,
    STORGATA,
    SUPPLIER,
    TRIBE,
    WITHOUT_CITY,
    in_poweroffice,
    in_tribe,
    pull,
    push,
)
from tests.sync.fakes import FakeKeeper, FakeSide, two_sides
from tests.sync.rounds import make_pass
from tribe_po.errors import LostAnswer, RecordRefused, Temporary, TribePoError
from tribe_po.fields import Field, Owner, fields_of
from tribe_po.records import Conflict, Kind, Link, Memory, Record, System, Value
from tribe_po.settings import ConflictPolicy
from tribe_po.sync.change import Action, Plan, Task
from tribe_po.sync.match import mark_for
from tribe_po.sync.other_role import shared

TRIBES_LAG = timedelta(seconds=60)

Place = tuple[System, Kind, str, str]
"""Where an edit was made: the side, the record, and the field."""


class Killed(BaseException):
    """The process is gone from one moment to the next."""


NEW_VALUES: dict[str, st.SearchStrategy[Value]] = {
    "name": st.sampled_from(["Fjord Kaffe AS", "Bjørk AS", "Nordlys Bakeri AS"]),
    "email": st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example", None]),
    "phone": st.sampled_from(["22334455", "+47 22 33 44 55", "99887766", None]),
    "address": st.sampled_from([STORGATA, HAVNEGATA, WITHOUT_CITY, None]),
    "inactive": st.booleans(),
}
fields_edited = st.sampled_from(sorted(NEW_VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), NEW_VALUES[name])
)
moments = st.tuples(st.integers(1, 12), st.sampled_from(["before", "after"]))
FAULTS: list[tuple[str, TribePoError, bool]] = [
    ("create", LostAnswer("lost", "no answer", "wait"), True),
    ("create", LostAnswer("lost", "no answer", "wait"), False),
    ("update", LostAnswer("lost", "no answer", "wait"), False),
    ("create", RecordRefused("refused", "no", "correct it"), False),
    ("update", RecordRefused("refused", "no", "correct it"), False),
    ("create", Temporary("down", "503", "wait"), False),
    ("update", Temporary("down", "503", "wait"), False),
    ("get", Temporary("down", "503", "wait"), False),
    ("changed", Temporary("down", "503", "wait"), False),
]


def row_of(kind: Kind, name: str) -> Field:
    return next(row for row in fields_of(kind, ORGANIZATION) if row.name == name)


class TwoOffices(RuleBasedStateMachine):
    """People at both ends, and the passes between them."""

    def __init__(self) -> None:
        super().__init__()
        self.sides: dict[System, FakeSide] = two_sides()
        self.clock = self.sides[TRIBE].clock
        self.memory = Memory()
        self.links: dict[tuple[Kind, str], Link] = {}
        self.kept: list[Conflict] = []
        self.edits: dict[Place, Value] = {}
        self.policy = ConflictPolicy.POWEROFFICE
        self.countdown: tuple[int, str] | None = None
        self.made = 0
        self.sides[TRIBE].lag = TRIBES_LAG
        self.sides[POWEROFFICE].defaults = {"payment_days": 14}
        for side in self.sides.values():
            side.watch = self._watch

    @initialize(policy=st.sampled_from(ConflictPolicy), customers=st.integers(0, 2))
    def begin(self, policy: ConflictPolicy, customers: int) -> None:
        self.policy = policy
        for n in range(customers):
            number = str(10_000 + n)
            self.sides[TRIBE].hold(in_tribe(f"t-old-{n}", number=number))
            self.sides[POWEROFFICE].hold(in_poweroffice(f"p-old-{n}", number=number))
        self._pass(pushes=False)

    # What people do.

    @rule(
        system=st.sampled_from(System),
        kind=st.sampled_from(BOTH_KINDS),
        number=st.sampled_from([None, None, "20002", "20003", "77"]),
        values=st.fixed_dictionaries({name: NEW_VALUES[name] for name in ("name", "email")}),
    )
    def someone_enters_a_new_one(
        self, system: System, kind: Kind, number: str | None, values: dict[str, Value]
    ) -> None:
        self.made += 1
        if system is TRIBE:
            record = in_tribe(f"t{self.made}", kind, ORGANIZATION, number=number, **values)
        else:
            number = str(30_000 + self.made)
            record = in_poweroffice(f"p{self.made}", kind, ORGANIZATION, number=number, **values)
        self.sides[system].hold(record)
        for name in values:
            self.edits[system, kind, record.id, name] = values[name]

    @precondition(lambda self: self._of(POWEROFFICE))
    @rule(data=st.data())
    def someone_enters_in_tribe_what_poweroffice_has(self, data: st.DataObject) -> None:
        kind, id_ = data.draw(st.sampled_from(self._of(POWEROFFICE)))
        original = self.sides[POWEROFFICE].records[kind, id_]
        copies = {record.mark for record in self.sides[TRIBE].records.values()}
        if mark_for(original) not in copies:
            self.made += 1
            number = original.values["number"]
            self.sides[TRIBE].hold(in_tribe(f"t{self.made}", kind, number=number))

    @precondition(lambda self: self._of(POWEROFFICE))
    @rule(data=st.data())
    def a_contact_gets_its_other_role(self, data: st.DataObject) -> None:
        kind, id_ = data.draw(st.sampled_from(self._of(POWEROFFICE)))
        other = SUPPLIER if kind is CUSTOMER else CUSTOMER
        if (other, id_) not in self.sides[POWEROFFICE].records:
            self.made += 1
            number = str(40_000 + self.made)
            first = self.sides[POWEROFFICE].records[kind, id_].values
            has = {name: first[name] for name in shared(ORGANIZATION)}
            record = in_poweroffice(id_, other, ORGANIZATION, number=number, **has)
            self.sides[POWEROFFICE].hold(record)

    @precondition(lambda self: self._of(TRIBE) + self._of(POWEROFFICE))
    @rule(data=st.data(), edit=fields_edited)
    def someone_edits(self, data: st.DataObject, edit: tuple[str, Value]) -> None:
        places = [(system, *key) for system in System for key in self._of(system)]
        system, kind, id_ = data.draw(st.sampled_from(places))
        self._edit(system, kind, id_, *edit)

    @precondition(lambda self: self._links_that_show())
    @rule(data=st.data(), name=st.sampled_from(sorted(NEW_VALUES)))
    def two_people_edit_the_same_field(self, data: st.DataObject, name: str) -> None:
        link = data.draw(st.sampled_from(self._links_that_show()))
        for system in System:
            self._edit(system, link.kind, link.id_in(system), name, data.draw(NEW_VALUES[name]))

    @precondition(lambda self: self._of(POWEROFFICE))
    @rule(data=st.data())
    def the_bookkeeper_renumbers(self, data: st.DataObject) -> None:
        kind, id_ = data.draw(st.sampled_from(self._of(POWEROFFICE)))
        self.made += 1
        self.sides[POWEROFFICE].edit(kind, id_, number=str(50_000 + self.made))

    @rule(hours=st.sampled_from([1, 24]))
    def time_passes(self, hours: int) -> None:
        self.clock.pass_by(timedelta(hours=hours))

    # What the passes do.

    @rule(pushes=st.booleans(), full=st.booleans())
    def a_pass_runs(self, pushes: bool, full: bool) -> None:
        self._pass(pushes, full=full)

    @rule(pushes=st.booleans(), moment=moments)
    def a_pass_is_killed(self, pushes: bool, moment: tuple[int, str]) -> None:
        self.countdown = moment
        self._pass(pushes)
        self.countdown = None
        self._pass(pushes)

    @rule(pushes=st.booleans(), system=st.sampled_from(System), fault=st.sampled_from(FAULTS))
    def a_pass_meets_trouble(
        self, pushes: bool, system: System, fault: tuple[str, TribePoError, bool]
    ) -> None:
        method, error, takes_effect = fault
        self.sides[system].fail(method, error, takes_effect=takes_effect)
        self._pass(pushes)
        self.sides[system].faults.clear()
        self._pass(pushes)

    @precondition(lambda self: self._of(TRIBE) + self._of(POWEROFFICE))
    @rule(pushes=st.booleans(), data=st.data(), edit=fields_edited)
    def someone_edits_while_a_pass_runs(
        self, pushes: bool, data: st.DataObject, edit: tuple[str, Value]
    ) -> None:
        target = POWEROFFICE if pushes else TRIBE
        if not self._of(target):
            return
        kind, id_ = data.draw(st.sampled_from(self._of(target)))
        side = self.sides[target]
        side.meanwhile = [lambda: None, lambda: self._edit(target, kind, id_, *edit)]
        self._pass(pushes)
        side.meanwhile.clear()

    def teardown(self) -> None:
        """Let the passes run until they should be done, and look at what came of it."""
        for pushes in (True, False, True, False):
            self.clock.pass_by(timedelta(days=2))
            self._pass(pushes)
        self._both_sides_agree()
        self._nothing_is_left_behind()
        self._nothing_is_there_twice()
        self._no_edit_is_lost()
        self._there_is_nothing_more_to_do()

    # How it is done.

    def _of(self, system: System) -> list[tuple[Kind, str]]:
        """What people can see there."""
        side = self.sides[system]
        return sorted(key for key in side.records if side.shows(key))

    def _links_that_show(self) -> list[Link]:
        shown = self._of(TRIBE)
        return [one for one in self.memory.links.values() if (one.kind, one.tribe_id) in shown]

    def _edit(self, system: System, kind: Kind, id_: str, name: str, value: Value) -> None:
        before = self.sides[system].records[kind, id_].values[name]
        self.sides[system].edit(kind, id_, **{name: value})
        place = (system, kind, id_, name)
        for role, its_id in self._places(system, kind, id_, name) - {(kind, id_)}:
            self.edits.pop((system, role, its_id, name), None)  # who edits one sees the other
        if not row_of(kind, name).same(before, value):
            self.edits[place] = value
        if self._is_no_change(place):
            self.edits.pop(place, None)
        self._settle_edits()

    def _roles(self, system: System, kind: Kind, id_: str) -> list[Record]:
        """All roles of a relation or contact."""
        records = self.sides[system].records
        relation = records[kind, id_].relation_id
        return [one for one in records.values() if one.relation_id == relation]

    def _is_no_change(self, place: Place) -> bool:
        """Whether a value is what both sides last agreed on anyway, or they never agreed on the
        field yet: until they have, PowerOffice leads."""
        system, kind, id_, name = place
        value = self.sides[system].records[kind, id_].values[name]
        return any(
            name not in link.base or row_of(kind, name).same(link.base[name], value)
            for link in (*self.memory.links.values(), *self.links.values())
            if (link.kind, link.id_in(system)) in self._places(system, kind, id_, name)
        )

    def _places(self, system: System, kind: Kind, id_: str, name: str) -> set[tuple[Kind, str]]:
        """Where a field shows: in all roles, or in one."""
        roles = self._roles(system, kind, id_) if name in shared(ORGANIZATION) else []
        return {(kind, id_), *((one.kind, one.id) for one in roles)}

    def _task(self, pushes: bool) -> Task:
        return push(self.policy) if pushes else pull(self.policy)

    def _pass(self, pushes: bool, *, full: bool = False) -> None:
        keeper = FakeKeeper()
        try:
            outcome = make_pass(
                self.memory,
                self.sides,
                keeper,
                self._task(pushes),
                full=full,
                on_plan=self._planned,
            )
            self.memory = outcome.memory
        except (Killed, TribePoError):
            self.memory = keeper.saved[-1] if keeper.saved else self.memory
        self.kept += [one for memory in keeper.saved for one in memory.conflicts.values()]
        self.links |= self.memory.links
        self._settle_edits()

    def _watch(self, moment: str) -> None:
        if moment == "after":
            self._settle_edits()
        if self.countdown is not None and self.countdown[1] == moment:
            left = self.countdown[0] - 1
            self.countdown = (left, moment) if left else None
            if not left:
                raise Killed

    def _planned(self, plan: Plan) -> None:
        """Where two records are linked for the first time, PowerOffice leads; see the manual."""
        self.links |= plan.memory.links
        for change in plan.changes:
            if change.action is Action.LINK:
                for place in list(self.edits):
                    places = self._places(*place)
                    ours = (
                        place[0] is POWEROFFICE and (change.kind, change.poweroffice_id) in places
                    )
                    theirs = place[0] is TRIBE and (change.kind, change.tribe_id) in places
                    if theirs or (ours and self.edits[place] is None):
                        del self.edits[place]

    def _counterpart(self, system: System, kind: Kind, id_: str) -> dict[str, Value] | None:
        """The values on the other side of what is linked, or was created there unnoticed."""
        other = self.sides[system.other]
        for link in self.links.values():
            if link.kind is kind and link.id_in(system) == id_:
                record = other.records.get((kind, link.id_in(system.other)))
                return dict(record.values) if record else None
        mark = mark_for(self.sides[system].records[kind, id_])
        for record in other.records.values():
            if record.kind is kind and record.mark == mark:
                return dict(record.values)
        return None

    def _settle_edits(self) -> None:
        """Forget the edits that have arrived, by whatever role."""
        for place, value in list(self.edits.items()):
            system, kind, id_, name = place
            row = row_of(kind, name)
            own = self.sides[system].records[kind, id_].values
            theirs = (self._counterpart(system, *role) for role in self._places(*place))
            arrived = any(one is not None and row.same(one[name], value) for one in theirs)
            if arrived and row.same(own[name], value):
                del self.edits[place]

    def _waiting(self, link: Link) -> Iterator[str]:
        """The fields that differ with good reason."""
        for system in System:
            entry = self.memory.quarantine.get((system, link.kind, link.id_in(system.other)))
            yield from entry.held_fields if entry else ()
        for conflict in self.memory.conflicts.values():
            if (conflict.kind, conflict.poweroffice_id) == link.key and conflict.winner is None:
                yield conflict.field

    # What must be so in the end.

    def _both_sides_agree(self) -> None:
        for link in self.memory.links.values():
            waiting = set(self._waiting(link))
            tribe = self.sides[TRIBE].records[link.kind, link.tribe_id].values
            poweroffice = self.sides[POWEROFFICE].records[link.kind, link.poweroffice_id].values
            for row in fields_of(link.kind, link.form):
                agreed = row.same(tribe[row.name], poweroffice[row.name])
                assert agreed or row.name in waiting, (
                    row.name,
                    tribe[row.name],
                    poweroffice[row.name],
                )

    def _nothing_is_left_behind(self) -> None:
        for system in System:
            linked = {(link.kind, link.id_in(system)) for link in self.memory.links.values()}
            for key, record in self.sides[system].records.items():
                listed = (system.other, *key) in self.memory.quarantine
                assert key in linked or listed or record.values["inactive"], record

    def _nothing_is_there_twice(self) -> None:
        for system, side in self.sides.items():
            marks = [(one.kind, one.mark) for one in side.records.values() if one.mark]
            assert len(marks) == len(set(marks)), marks
            linked = [(link.kind, link.id_in(system)) for link in self.memory.links.values()]
            assert len(linked) == len(set(linked)), linked
        copies: dict[str, set[str]] = {}
        for record in self.sides[TRIBE].records.values():
            if record.mark:
                contact = record.mark.rpartition(":")[2]
                copies.setdefault(contact, set()).add(record.relation_id)
        assert all(len(relations) == 1 for relations in copies.values()), copies

    def _no_edit_is_lost(self) -> None:
        for (system, kind, id_, name), value in self.edits.items():
            row = row_of(kind, name)
            live = row.same(self.sides[system].records[kind, id_].values[name], value)
            places = self._places(system, kind, id_, name)
            noted = any(
                one.field == name
                and (one.kind, one.tribe_id if system is TRIBE else one.poweroffice_id) in places
                and row.same(one.tribe if system is TRIBE else one.poweroffice, value)
                for one in self.kept
            )
            assert live or noted or row.owner is Owner.POWEROFFICE, (system, id_, name, value)

    def _there_is_nothing_more_to_do(self) -> None:
        before = {system: len(side.writes) for system, side in self.sides.items()}
        for pushes in (True, False):
            self._pass(pushes, full=pushes)
        after = {system: len(side.writes) for system, side in self.sides.items()}
        assert before == after


TestTwoOffices = TwoOffices.TestCase
TestTwoOffices.settings = settings(
    max_examples=120,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
