"""Words of a story for what surrounds the care: approvals, orders, appointments and claims."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from cds_service.domain.codes import FIRST_BLOCK
from cds_service.stories.care_words import TimedWords
from cds_service.stories.mappings import AnyDay, DisciplineName, FhirId, ProgramName, StoryMapping, none_as_null
from cds_service.stories.words import Texts, as_list


class AuthorizationWords(StoryMapping):
    """A payer's answer to a request for prior authorization.

    ``service`` is what it is for: a code, words, or ``none`` where it does not say; by default work rehabilitation. A
    code's ``quantity`` is that of the code. ``unit: none`` gives a bare number, ``words`` are the payer's own.
    """

    id: FhirId | None = None
    number: str | None = None
    start: AnyDay | None = Field(default=None, alias="from")
    end: AnyDay | None = Field(default=None, alias="to")
    quantity: float | None = None
    unit: Annotated[Literal["hours", "visits", "days", "units"] | None, BeforeValidator(none_as_null)] = "visits"
    state: Literal["approved", "pending", "denied", "withdrawn", "unclear"] = "approved"
    service: Texts = ["Work hardening or work conditioning program"]
    words: str | None = None
    created: AnyDay | None = None
    payer: str | None = None


class PayerWord(StoryMapping):
    """What a payer says of an order or appointment (CRD): ``covered``, and ``approval`` as its code ``pa-needed``.

    ``coverage`` is the id of the coverage it is for, ``codes`` are the billing codes it is limited to.
    """

    covered: str = "covered"
    approval: str | None = None
    number: str | None = None
    reason: str | None = None
    codes: Texts = []
    coverage: FhirId | None = None
    day: AnyDay = -1
    until: AnyDay | None = None


class TimesWords(StoryMapping):
    """How often an order is to be carried out: ``frequency`` times a ``period``, ``minutes`` each, for ``weeks``."""

    frequency: int | None = None
    period: Literal["d", "wk"] = "wk"
    minutes: int | None = None
    weeks: int | None = None
    count: int | None = None
    start: AnyDay | None = None
    end: AnyDay | None = None


class OrderWords(StoryMapping):
    """An order: ``quantity`` in units of the code; ``selected: false`` is a draft nobody chose yet."""

    id: FhirId | None = None
    text: str | None = None
    code: Texts = [FIRST_BLOCK]
    program: ProgramName | None = None
    quantity: float | None = None
    times: TimesWords | None = None
    modifiers: Texts = []
    selected: bool = True
    discipline: DisciplineName | None = None
    status: str | None = None
    injury: str | None = None
    payer_says: Annotated[list[PayerWord], BeforeValidator(as_list)] = []


class AppointmentWords(TimedWords):
    """A proposed visit; ``text`` says what for."""

    id: FhirId | None = None
    day: AnyDay
    text: str | None = None
    code: Texts = []
    program: ProgramName | None = None
    status: str = "proposed"
    payer_says: Annotated[list[PayerWord], BeforeValidator(as_list)] = []


_LINE = re.compile(r"^(?P<code>[A-Z0-9]{5}) x(?P<units>\d+)(?P<modifiers>(?:[ ,]+[A-Z0-9]{2})*)$")


class ChargeLineWords(StoryMapping):
    """One line of a claim, also written ``97545 x1 GP``. ``dated: false`` leaves out the date of service."""

    code: Annotated[str, BeforeValidator(str)]
    units: float = 1
    modifiers: Texts = []
    dated: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        found = _LINE.match(value)
        if found is None:
            raise ValueError("a line is written like '97545 x1 GP'")
        modifiers = re.findall(r"[A-Z0-9]{2}", found["modifiers"])
        return {"code": found["code"], "units": int(found["units"]), "modifiers": modifiers}


class ChargesWords(StoryMapping):
    """A claim for the visit of ``day``. ``encounter: false`` leaves the reference to the visit out."""

    id: FhirId | None = None
    day: AnyDay | None = None
    status: Literal["draft", "active", "cancelled", "entered-in-error"] = "draft"
    lines: Annotated[list[ChargeLineWords], BeforeValidator(as_list)] = []
    encounter: bool = True
    authorization: str | None = None
    accident_state: str | None = None
