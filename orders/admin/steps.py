"""The forms of an order's page: what each act will do, said before its button, and what was typed where it was refused.

A step is there when policy allows the act and the person may do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.models import Fulfillment
from orders import policies
from orders.admin import effects
from orders.admin.acts import CHANGE_FULFILLMENT, CHANGE_ORDER, CREATE_FULFILLMENT
from orders.enums import CancelReason, HoldReason
from orders.models import OrderLine
from orders.selectors.order_page import Offer, OrderPage, Parcels

MOST_OPEN: Final = 8  # lines whose quantities are shown without a click
MOST_FOLDED: Final = 25  # lines of a form that is folded away; more are drawn up when it is asked for
_BY_HAND: Final = "by-hand"
_MOVE: Final = "move"


@dataclass(slots=True, kw_only=True)
class Field:
    name: str
    label: str
    kind: str = "text"
    value: str = ""
    choices: Sequence[tuple[str, Any]] = ()
    hint: str = ""
    most: str = ""
    error: str = ""
    step: str = ""


@dataclass(slots=True)
class Units:
    """The number input for units of one line."""

    name: str
    value: str
    most: str
    line: OrderLine
    error: str = ""


@dataclass(slots=True, kw_only=True)
class Step:
    """One form. `key` names it among those of the page. effects: what its button will do.

    folded: behind a button of its own; is_open: unfolded; is_elsewhere: the button loads the page again, with the
    form. checked: it carries the revision of the order that the page shows, so that nobody acts on what has changed.
    """

    key: str
    act: str
    button: str
    title: str = ""
    effects: Sequence[str] = ()
    remarks: Sequence[str] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)
    units: list[Units] = field(default_factory=list)
    tone: str = "primary"
    folded: bool = False
    is_open: bool = False
    is_elsewhere: bool = False
    checked: bool = True
    error: str = ""

    @property
    def units_open(self) -> bool:
        return len(self.units) <= MOST_OPEN or any(each.error for each in self.units)

    @property
    def sum_of_units(self) -> int:
        return sum(int(each.value) for each in self.units if each.value.isdecimal())


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not accepted: what was typed, and what is wrong, by the name of the field ("" for the whole)."""

    act: str
    data: QueryDict
    errors: Mapping[str, str]


def steps(found: OrderPage, may: Callable[[str], bool], wanted: str = "", refused: Refused | None = None) -> list[Step]:
    """Those of the card "Next step", in the order in which they are done. One that was refused keeps what was typed.

    wanted: the key of the form that was asked for.
    """
    if refused is not None:
        wanted = refused.data.get("form", "")
    now = list(_do_now(found, may))
    if refused is not None and refused.act == "fulfill" and wanted not in {step.key for step in now}:
        wanted = _BY_HAND
    return bound([*now, *_folded(found, may, wanted)], refused)


def unpack_steps(found: OrderPage, may: Callable[[str], bool]) -> Mapping[Any, Step]:
    """By fulfillment, those that can be unpacked."""
    if not (may(CHANGE_FULFILLMENT) and policies.can_unpack(found.order)):
        return {}
    return {
        parcel.fulfillment.pk: Step(
            key=f"unpack-{parcel.fulfillment.pk}",
            act="unpack",
            title=_("Cancel fulfillment"),
            button=_("Cancel this fulfillment"),
            effects=list(effects.of_unpacking(parcel, found.order)),
            hidden=_id_of(parcel.fulfillment),
            tone="danger",
            folded=True,
        )
        for parcel in found.parcels
        if parcel.can_unpack
    }


def note_step(refused: Refused | None) -> Step:
    note = Field(name="body", label=_("New note"), kind="textarea", most="10000")
    return bound([Step(key="note", act="note", button=_("Add note"), fields=[note], tone="", checked=False)], refused)[
        0
    ]


def tag_step(refused: Refused | None) -> Step:
    tags = Field(name="tags", label=_("Add tags"), hint=_("several: separated by commas"), most="2000")
    return bound([Step(key="tag", act="tag", button=_("Add"), fields=[tags], tone="", checked=False)], refused)[0]


# --- what can be done at once ---


def _do_now(found: OrderPage, may: Callable[[str], bool]) -> Iterator[Step]:
    order = found.order
    if may(CHANGE_ORDER):
        for hold in found.open_holds:
            yield Step(
                key=f"release-{hold.pk}",
                act="release",
                title=_("On hold: %s") % hold,
                remarks=list(effects.about_hold(hold)),
                button=_("Release"),
                hidden={"hold_id": str(hold.pk)},
                tone="hold",
                checked=False,
            )
    if may(CHANGE_ORDER) and policies.can_keep(order):
        yield Step(
            key="keep",
            act="keep",
            title=_("Keep the order"),
            effects=[_("It goes on as it is, and can be fulfilled.")],
            button=_("Keep it"),
        )
    if may(CREATE_FULFILLMENT) and policies.can_fulfill(order):
        yield from (_offer(offer) for offer in found.offers)
    if may(CHANGE_FULFILLMENT):
        for parcel in found.parcels:
            if parcel.can_ship:
                yield _ship(parcel)
            elif parcel.can_deliver:
                yield _deliver(parcel)
    if may(CHANGE_ORDER) and policies.can_complete(order) and found.all_done:
        yield Step(
            key="complete",
            act="complete",
            title=_("Complete the order"),
            effects=[effects.of_completing()],
            button=_("Complete"),
        )
    if may(CHANGE_ORDER) and policies.can_archive(order):
        yield Step(
            key="archive",
            act="archive",
            title=_("Archive the order"),
            effects=[_("It is put away: nothing more can be done with it.")],
            button=_("Archive"),
            tone="",
        )


def _offer(offer: Offer) -> Step:
    proposal = offer.proposal
    if offer.location:
        title = _("Fulfill from %s") % offer.location
    else:
        title = _("Fulfill") if proposal.ships else _("Hand over what does not ship")
    return Step(
        key=f"offer-{proposal.location_id or ''}-{proposal.ships}",
        act="fulfill",
        title=title,
        effects=list(effects.of_fulfilling(offer)),
        button=_("Fulfill"),
        hidden={"location_id": str(proposal.location_id or "")},
        units=[_units(line, quantity) for line, quantity in offer.rows],
    )


def _ship(parcel: Parcels) -> Step:
    title = ngettext("Ship %(n)s unit", "Ship %(n)s units", parcel.units) % {"n": parcel.units}
    return Step(
        key=f"ship-{parcel.fulfillment.pk}",
        act="ship",
        title=f"{title} · {parcel.location}" if parcel.location else title,
        effects=[_("This parcel: %s") % effects.contents(parcel), _("Once shipped it cannot be unpacked.")],
        button=_("Ship"),
        hidden=_id_of(parcel.fulfillment),
        fields=[
            Field(name="tracking_numbers", label=_("Tracking number"), hint=_("several: separated by commas")),
            Field(name="carrier", label=_("Carrier"), most="60"),
            Field(name="tracking_url", label=_("Tracking link"), kind="url", hint="https://", most="500"),
        ],
    )


def _deliver(parcel: Parcels) -> Step:
    if parcel.fulfillment.shipped_at:
        title = ngettext("%(n)s unit is on its way", "%(n)s units are on their way", parcel.units)
    else:
        title = ngettext("%(n)s unit does not ship", "%(n)s units do not ship", parcel.units)
    boxes = [f"{box.carrier} {box.tracking_number}".strip() for box in parcel.fulfillment.parcels.all()]
    return Step(
        key=f"deliver-{parcel.fulfillment.pk}",
        act="deliver",
        title=title % {"n": parcel.units},
        effects=[
            *filter(None, [", ".join(boxes)]),
            _("This parcel: %s") % effects.contents(parcel),
            _("Marking it delivered cannot be undone."),
        ],
        button=_("Mark delivered"),
        hidden=_id_of(parcel.fulfillment),
    )


# --- what takes a decision, and is folded away ---


def _folded(found: OrderPage, may: Callable[[str], bool], wanted: str) -> Iterator[Step]:
    order = found.order
    if may(CREATE_FULFILLMENT) and policies.can_fulfill(order) and found.open_lines:
        yield _by_hand(found, wanted)
    if may(CHANGE_FULFILLMENT) and found.can_move:
        yield _move(found, wanted)
    if may(CHANGE_ORDER) and policies.can_hold(order):
        yield _hold()
    if may(CHANGE_ORDER) and policies.can_cancel(order):
        yield Step(
            key="cancel",
            act="cancel",
            title=_("Cancel order"),
            effects=list(effects.of_canceling(found)),
            button=_("Cancel order %s") % order,
            fields=[Field(name="reason", label=_("Reason"), kind="select", choices=CancelReason.choices)],
            tone="danger",
            folded=True,
        )
    if may(CHANGE_ORDER) and policies.can_complete(order) and not found.all_done:
        unfinished = _("Not everything of this order is fulfilled, shipped and delivered.")
        yield Step(
            key="complete",
            act="complete",
            title=_("Complete"),
            effects=[unfinished, effects.of_completing()],
            button=_("Complete it anyway"),
            tone="danger",
            folded=True,
        )


def _by_hand(found: OrderPage, wanted: str) -> Step:
    is_open = wanted == _BY_HAND or not found.offers
    places = [Field(name="location_id", label=_("From"), kind="select", choices=_active(found))]
    return Step(
        key=_BY_HAND,
        act="fulfill",
        title=_("Fulfill by hand"),
        effects=[effects.of_fulfilling_by_hand(found)],
        button=_("Fulfill these"),
        fields=places if found.has_places else [],
        units=[_units(line, 0) for line in found.open_lines] if is_open or _is_short(found) else [],
        folded=True,
        is_open=is_open,
        is_elsewhere=not (is_open or _is_short(found)),
    )


def _move(found: OrderPage, wanted: str) -> Step:
    here = wanted == _MOVE or _is_short(found)
    return Step(
        key=_MOVE,
        act="move",
        title=_("Move reserved goods"),
        effects=[_("They are held at the other location instead of where they are held now.")],
        button=_("Hold them there"),
        fields=[
            Field(name="from_location_id", label=_("From"), kind="select", choices=found.held_at),
            Field(name="to_location_id", label=_("To"), kind="select", choices=_active(found)),
        ],
        units=[_units(line, 0) for line in found.open_lines if line.is_stocked] if here else [],
        folded=True,
        is_open=wanted == _MOVE,
        is_elsewhere=not here,
    )


def _is_short(found: OrderPage) -> bool:
    return len(found.open_lines) <= MOST_FOLDED


def _hold() -> Step:
    return Step(
        key="hold",
        act="hold",
        title=_("Hold"),
        effects=[_("It cannot be fulfilled until every hold is released.")],
        button=_("Put on hold"),
        fields=[
            Field(name="reason", label=_("Reason"), kind="select", choices=HoldReason.choices),
            Field(name="note", label=_("Note"), most="255"),
            Field(
                name="release_at",
                label=_("Release at"),
                kind="datetime-local",
                hint=_("Empty: until somebody releases it."),
            ),
        ],
        folded=True,
        checked=False,
    )


def _active(found: OrderPage) -> list[tuple[str, str]]:
    return [(str(location.id), location.name) for location in found.locations if location.is_active]


def _units(line: OrderLine, quantity: int) -> Units:
    return Units(f"quantity_{line.pk}", str(quantity), str(line.quantity_open), line)


def _id_of(fulfillment: Fulfillment) -> dict[str, str]:
    return {"fulfillment_id": str(fulfillment.pk)}


# --- a form that was refused ---


def bound(offered: list[Step], refused: Refused | None) -> list[Step]:
    """Put back what was typed, with what is wrong, into the form it came from; where that is gone, into its like."""
    if refused is None:
        return offered
    alike = [step for step in offered if step.act == refused.act]
    same = [step for step in alike if step.key == refused.data.get("form")]
    for step in (same or alike[-1:])[:1]:
        step.is_open, step.error = True, refused.errors.get("", "")
        for each in step.fields:
            each.value = refused.data.get(each.name, each.value)
            each.error = refused.errors.get(each.name, "")
        for line in step.units:
            line.value = refused.data.get(line.name, line.value)
            line.error = refused.errors.get(line.name, "")
    return offered
