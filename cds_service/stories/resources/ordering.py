"""FHIR R4 resources of orders and bookings."""

from cds_service.stories.paperwork import AppointmentWords, OrderWords, TimesWords
from cds_service.stories.resources.financial import payer_word
from cds_service.stories.resources.persons import therapist, user
from cds_service.stories.resources.pieces import (
    DISCIPLINES,
    SNOMED,
    FhirJson,
    StorySetting,
    billing_coding,
    coding,
    concept,
    elements,
    instants,
    quantity_element,
    service_concept,
    span,
)


def order_resource(setting: StorySetting, words: OrderWords, status: str, coverages: list[FhirJson]) -> FhirJson:
    """A ServiceRequest; ``status`` where the story names none."""
    program = words.program or setting.words.program
    discipline = DISCIPLINES.get(words.discipline) if words.discipline else None
    return elements(
        resourceType="ServiceRequest",
        id=setting.id(words.id, "order"),
        extension=[payer_word(setting, word) for word in words.payer_says],
        status=words.status or status,
        intent="order",
        category=[concept(coding(SNOMED, *discipline), text=discipline[1])] if discipline else None,
        code=service_concept(words.code, program, words.text),
        orderDetail=[concept(billing_coding(modifier)) for modifier in words.modifiers],
        quantityQuantity=None if words.quantity is None else quantity_element(words.quantity),
        subject=setting.subject,
        occurrenceTiming=_timing(setting, words.times) if words.times else None,
        authoredOn=setting.day(0),
        requester={"reference": user(setting), "display": setting.people[therapist(setting)].name},
        reasonReference=setting.conditions(words.injury),
        insurance=[{"reference": f"Coverage/{coverage['id']}"} for coverage in coverages[:1]],
    )


def _timing(setting: StorySetting, times: TimesWords) -> FhirJson:
    bounds = setting.period(times.start, times.end)
    weeks = quantity_element(times.weeks, "weeks", "wk") if times.weeks is not None else None
    repeat = elements(
        boundsPeriod=bounds,
        boundsDuration=None if bounds else weeks,
        count=times.count,
        duration=times.minutes,
        durationUnit="min" if times.minutes else None,
        frequency=times.frequency,
        period=1 if times.frequency else None,
        periodUnit=times.period if times.frequency else None,
    )
    return {"repeat": repeat}


def appointment_resource(setting: StorySetting, words: AppointmentWords) -> FhirJson:
    """A proposed Appointment."""
    period = instants(*span(setting, words.day, words))
    program = words.program or setting.words.program
    return elements(
        resourceType="Appointment",
        id=setting.id(words.id, "appointment", setting.calendar.date_of(words.day)),
        extension=[payer_word(setting, word) for word in words.payer_says],
        status=words.status,
        serviceType=[service_concept(words.code, program, words.text)],
        reasonReference=setting.conditions(None),
        start=period.get("start"),
        end=period.get("end"),
        minutesDuration=words.minutes,
        participant=[{"actor": setting.subject, "status": "needs-action"}],
    )
