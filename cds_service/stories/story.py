"""From the words of a story to FHIR R4 resources and CDS Hooks requests."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cds_service.errors import CdsError
from cds_service.fhir.reading.prefetch_keys import PREFETCH_KEYS
from cds_service.stories.care_words import TreatmentWords, VisitWords
from cds_service.stories.courses import all_visits, as_series
from cds_service.stories.expectations import Expect
from cds_service.stories.language import StoryWords
from cds_service.stories.request import SERVICE_BY_HOOK, Material, request_of
from cds_service.stories.resources import care_plan, financial, measured, ordering, visit_entries, worker
from cds_service.stories.resources.persons import people_of, roles, therapist, user
from cds_service.stories.resources.pieces import FhirJson, StorySetting
from cds_service.stories.story_dates import StoryCalendar, parse_offset, parse_zone, rewritten
from cds_service.stories.words import NONE_WORD, did_you_mean
from cds_service.stories.worker_words import ClientWords


class StoryError(CdsError):
    """A story cannot be read; the text names the story and the key."""

    def __init__(self, source: str, key: str, why: str) -> None:
        self.source = source
        self.key = key
        where = f"{source}: {key}" if key else source
        super().__init__(f"{where}: {why}", "The module cds_service.stories.language describes every key.")


@dataclass(frozen=True)
class Story:
    """A patient story for one today.

    ``resources`` are the chart as FHIR R4, valid unless the story appended raw ones; ``drafts`` and ``appointments``
    are what the context of order and booking hooks carries. ``hooks`` are those the story is meant for, the first by
    default. ``client``, ``policies`` and ``expect`` are handed through for the test that plays the story.
    """

    name: str
    title: str
    about: str
    today: date
    hooks: tuple[str, ...]
    resources: tuple[FhirJson, ...]
    drafts: tuple[FhirJson, ...]
    appointments: tuple[FhirJson, ...]
    client: ClientWords
    policies: Mapping[str, Any]
    expect: Expect
    material: Material

    @property
    def patient_id(self) -> str:
        """Id of the story's patient."""
        return self.material.patient

    @property
    def hook(self) -> str:
        """The hook the story is mainly for."""
        return self.hooks[0]

    @property
    def service(self) -> str:
        """Id of the service that answers that hook."""
        return SERVICE_BY_HOOK[self.hook].id

    def request(self, hook: str | None = None) -> dict[str, Any]:
        """The whole CDS Hooks request of a hook (default: the story's first).

        Prefetch holds exactly the keys that the service listed with the hook asks for; what the story has not is an
        empty Bundle, or null for a read. The same story on the same today makes the same request.

        Raises:
            StoryError: There is no such hook, or it is about a visit and the story has none.
        """
        wanted = hook or self.hook
        if wanted not in SERVICE_BY_HOOK:
            raise StoryError(self.name, "hook", f"no service answers '{wanted}'; known: {', '.join(SERVICE_BY_HOOK)}")
        if wanted.startswith("encounter-") and self.material.encounter is None:
            raise StoryError(self.name, "visits", f"{wanted} is about a visit, and the story has none")
        return request_of(wanted, self.material)


def build(data: Mapping[str, Any], today: date, source: str = "story") -> Story:
    """Build a story from plain data in the language of ``cds_service.stories.language``.

    Args:
        data: The story's words, as read from YAML.
        today: The day of the call, unless the story fixes its own.
        source: Where the data comes from, for error messages; the story's name when it gives none.

    Raises:
        StoryError: A key is unknown, missing or has a value that means nothing; names source and key.
    """
    try:
        words = StoryWords.model_validate(data)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise StoryError(source, _key(first["loc"]), _reason(first)) from None
    try:
        zone = parse_zone(words.offset, words.zone, words.site.state or words.patient.state)
    except ValueError as wrong:
        raise StoryError(source, "zone" if words.zone else "offset", str(wrong)) from None
    try:
        written_in = parse_offset(words.written_in) if words.written_in is not None else None
    except ValueError as wrong:
        raise StoryError(source, "written_in", str(wrong)) from None
    calendar = StoryCalendar(words.today or today, zone)
    visits = all_visits(words, calendar)
    people = people_of(words)
    setting = StorySetting(words, calendar, words.patient.id or words.name[:30].strip("-"), people)
    _check_names(source, words, visits, people.keys())
    held = {calendar.date_of(visit.day) for visit in visits if visit.encounter is not None}
    if words.visit is not None and calendar.date_of(words.visit) not in held:
        raise StoryError(source, "visit", "there is no visit with an encounter on that day")
    return _story(words, setting, visits, written_in)


def _key(loc: Iterable[int | str]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc if part != "[key]")
    return "".join(parts).lstrip(".")


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        *place, key = error["loc"]
        return f"unknown key{did_you_mean(str(key), _keys_at(place))}"
    return str(error["msg"]).removeprefix("Value error, ")


def _keys_at(place: Iterable[int | str]) -> set[str]:
    """The keys that the mapping at this place of a story can have."""
    mappings: list[type[BaseModel]] = [StoryWords]
    for part in place:
        if isinstance(part, str):
            fields = (field for mapping in mappings for name, field in _fields(mapping) if name == part)
            mappings = [found for field in fields for found in _mappings_in(field.annotation)]
    return {name for mapping in mappings for name, _ in _fields(mapping)}


def _fields(words: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in words.model_fields.items())


def _mappings_in(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _mappings_in(part)


def _check_names(source: str, words: StoryWords, visits: Sequence[VisitWords], people: Container[str]) -> None:
    """Names that refer to something else in the story must be known there.

    Raises:
        StoryError: A hook, prefetch key, person or injury is not known.
    """
    for hook in words.hook:
        if hook not in SERVICE_BY_HOOK:
            raise StoryError(source, "hook", f"no service answers '{hook}'; known: {', '.join(SERVICE_BY_HOOK)}")
    if not words.hook:
        raise StoryError(source, "hook", "name at least one")
    for key in words.prefetch if isinstance(words.prefetch, Mapping) else ():
        if key not in PREFETCH_KEYS:
            raise StoryError(source, f"prefetch.{key}", f"unknown key; known: {', '.join(PREFETCH_KEYS)}")
    for person in _people_named(words, visits):
        if person not in people:
            raise StoryError(source, "by", f"nobody is called '{person}'; add them under people")
    known = {injury.id for injury in words.injury}
    for injury in _injuries_named(words, visits):
        if injury not in known:
            raise StoryError(source, "injury", f"no injury has the id '{injury}'")


def _treatments(visits: Sequence[VisitWords]) -> Iterator[TreatmentWords]:
    for visit in visits:
        yield visit
        yield from visit.sessions or ()


def _people_named(words: StoryWords, visits: Sequence[VisitWords]) -> list[str]:
    """Keys of everybody the story names, in the order of the story."""
    lists = (
        *(treatment.by for treatment in _treatments(visits)),
        *(service.by for visit in visits for service in visit.services),
        *(treatment.supervised_by for treatment in _treatments(visits)),
        *(visit.encounter.by for visit in visits if visit.encounter is not None),
        *(evaluation.by for evaluation in words.evaluations),
        *([plan.author] for plan in words.plan if plan.author),
    )
    return [key for keys in lists for key in keys or ()]


def _injuries_named(words: StoryWords, visits: Sequence[VisitWords]) -> Iterator[str]:
    lists = (
        (plan.injury for plan in words.plan),
        (order.injury for order in (*words.orders, *words.existing_orders)),
        (treatment.injury for treatment in _treatments(visits)),
    )
    return (injury for named in lists for injury in named if injury is not None and injury != NONE_WORD)


def _story(words: StoryWords, setting: StorySetting, visits: Sequence[VisitWords], written_in: tzinfo | None) -> Story:
    calendar = setting.calendar
    coverages = [financial.coverage_resource(setting, coverage) for coverage in words.coverage]
    days = [*(visit.day for visit in visits), *(evaluation.day for evaluation in words.evaluations)]
    begins = min((calendar.date_of(day) for day in days), default=calendar.today)
    by_visit = [(visit, visit_entries.visit(setting, visit)) for visit in visits]
    if words.series is not None:
        by_visit = as_series(by_visit, still_open=words.series == "open")
    encounters = {
        setting.day(visit.day): done[0]["id"] for visit, done in by_visit if done and visit.encounter is not None
    }
    everybody = (therapist(setting), *_people_named(words, visits))
    resources: list[FhirJson] = [
        worker.patient(setting),
        worker.site(setting),
        *roles(setting, everybody),
        *coverages,
        *(resource for injury in words.injury for resource in worker.injuries(setting, injury)),
        *worker.deficits(setting),
        *(resource for plan in words.plan for resource in care_plan.plans(setting, plan, begins)),
        *(visit_entries.evaluation(setting, evaluation) for evaluation in words.evaluations),
        *(resource for _, done in by_visit for resource in done if "resourceType" in resource),
        *(measured.assessment(setting, assessment) for assessment in words.assessments),
        *(measured.questionnaire_response(setting, answered) for answered in words.questionnaires),
        *(financial.authorization_resources(setting, authorization) for authorization in words.authorizations),
        *(ordering.order_resource(setting, order, "active", coverages) for order in words.existing_orders),
        *(financial.claim(setting, claimed, coverages, encounters) for claimed in words.charges),
        *words.resources,
    ]
    drafts = [ordering.order_resource(setting, order, "draft", coverages) for order in words.orders]
    selected = [draft for draft, order in zip(drafts, words.orders, strict=True) if order.selected]
    drafts += [draft for draft in words.drafts if draft.get("resourceType") != "Appointment"]
    appointments = (
        *(ordering.appointment_resource(setting, appointment) for appointment in words.appointments),
        *(draft for draft in words.drafts if draft.get("resourceType") == "Appointment"),
    )
    if written_in is not None:
        resources, drafts, appointments = (
            rewritten(resources, written_in),
            rewritten(drafts, written_in),
            tuple(rewritten(list(appointments), written_in)),
        )
    material = Material(
        patient=setting.patient,
        user=user(setting),
        performer=worker.site_reference(setting)["reference"],
        encounter=_encounter_in_context(words, setting, encounters),
        encounter_named=words.visit is not None,
        resources=tuple(resources),
        drafts=tuple(drafts),
        selected=tuple(
            f"{draft['resourceType']}/{draft['id']}" for draft in (*selected, *words.drafts) if "id" in draft
        ),
        appointments=appointments,
        overrides=None if words.prefetch == "absent" else {k: v or "null" for k, v in words.prefetch.items()},
    )
    return Story(
        name=words.name,
        title=words.title,
        about=words.about,
        today=calendar.today,
        hooks=tuple(words.hook),
        resources=material.resources,
        drafts=material.drafts,
        appointments=appointments,
        client=words.client,
        policies=words.policies,
        expect=words.expect,
        material=material,
    )


def _encounter_in_context(words: StoryWords, setting: StorySetting, encounters: Mapping[str, str]) -> str | None:
    """Id of the Encounter that the call is about: of the day named, else the last one; None when there is none."""
    if words.visit is not None:
        return encounters.get(setting.day(words.visit))
    return encounters[max(encounters)] if encounters else None
