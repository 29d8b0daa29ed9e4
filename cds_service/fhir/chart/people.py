"""Who treated, and what they are licensed as."""

from collections.abc import Iterable
from typing import Final, TypeVar

from cds_service.domain.care import Performer, Role
from cds_service.domain.chart import Fact, Unknown
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.concept_words import has_code
from cds_service.fhir.reading.elements import CodeableConcept, NamedRef, Resource, type_of
from cds_service.fhir.reading.person_resources import PractitionerResource, PractitionerRoleResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.professions import (
    Disputed,
    Neither,
    Profession,
    agreed_profession,
    attends,
    credentials,
    license_prefix,
    profession_in_words,
    profession_of,
    supervises,
)
from cds_service.fhir.reading.references import References, named

UNNAMED: Final = "unnamed performer"
MOST_PERFORMERS: Final = 100
"""People that are read of one treatment or visit."""
NOT_TREATING: Final = frozenset({"REF", "ADM", "DIS", "CON", "CALLBCK", "ESC", "translator", "emergency"})
"""Kinds of Encounter.participant that take part in other ways than by treating or supervising."""
_NO_PERSON: Final = ("Organization/", "Location/", "HealthcareService/", "Device/", "Patient/", "RelatedPerson/")


_P = TypeVar("_P")


class People:
    """Professions of the people that resources refer to, read from contained resources or from any bundle given."""

    def __init__(self, prefetch: Prefetch, references: References) -> None:
        self._roles = prefetch.of(PractitionerRoleResource)
        self._practitioners = prefetch.of(PractitionerResource)
        self._references = references
        self._performers: dict[object, Performer] = {}
        self._alone: dict[object, tuple[Performer, ...]] = {}
        self._known: dict[str, Profession | None] = {}
        self._roles_of: dict[str, list[PractitionerRoleResource]] | None = None
        self.not_read: dict[str, Unknown] = {}

    def performers(self, procedure: ProcedureResource) -> tuple[Performer, ...]:
        """Who performed a procedure, each once.

        Who supervises is marked; the attending person is one who supervises where somebody else treats as well. What is
        no person, such as the clinic, is left out beside people.
        """
        if len(procedure.performer) == 1:
            entry = procedure.performer[0]
            key = self._key(procedure, entry.actor, entry.function)
            known = self._alone.get(key)
            if known is None:
                performer = self.performer(procedure, entry.actor, entry.function)
                known = self._alone[key] = (performer,) if performer is not None else ()
            return known
        return _together(
            (performer, attends(entry.function))
            for entry in self._few(procedure, procedure.performer)
            if (performer := self.performer(procedure, entry.actor, entry.function)) is not None
        )

    def participants(self, encounter: EncounterResource) -> tuple[Performer, ...]:
        """Who took part in an encounter by treating or supervising, each once."""
        if not encounter.participant:
            return ()
        return _together(
            (performer, any(map(attends, participant.type)))
            for participant in self._few(encounter, encounter.participant)
            if not any(has_code(kind, *NOT_TREATING) for kind in participant.type)
            and (performer := self.performer(encounter, participant.individual)) is not None
            and not performer.reference.startswith(_NO_PERSON)
        )

    def _few(self, source: Resource, people: tuple[_P, ...]) -> tuple[_P, ...]:
        """The people of a treatment or visit; of more than can treat one patient the first, and a gap."""
        if len(people) <= MOST_PERFORMERS:
            return people
        reference = named(type_of(source), source.id)
        why = f"{MOST_PERFORMERS} of {len(people)} people were read"
        self.not_read[reference] = Unknown(Fact.PERFORMERS, why, reference)
        return people[:MOST_PERFORMERS]

    def doubts_about(self, *sources: str | None) -> tuple[str, ...]:
        """What is not known of who treated, because not all who are named in these resources were read."""
        if not self.not_read:
            return ()
        return tuple(f"who treated: {self.not_read[source].why}" for source in sources if source in self.not_read)

    def performer(
        self, source: Resource, actor: NamedRef | None, function: CodeableConcept | None = None
    ) -> Performer | None:
        """The performer that a reference names.

        The name's credentials and the ``function`` have to agree with what the reference leads to. A contained
        PractitionerRole goes by the reference of its practitioner, so that one person has one name.
        """
        if actor is None and function is None:
            return None
        key = self._key(source, actor, function)
        known = self._performers.get(key)
        if known is None:
            known = self._performers[key] = self._performer(source, actor, function)
        return known

    def _key(self, source: Resource, actor: NamedRef | None, function: CodeableConcept | None) -> object:
        """What a performer means: a local reference only together with the resources contained beside it."""
        if actor is None or actor.reference is None or not actor.reference.startswith("#"):
            return actor, function
        return actor.reference, actor.display, function, self._references.group_beside(source)

    def _performer(self, source: Resource, actor: NamedRef | None, function: CodeableConcept | None) -> Performer:
        if actor is None or actor.reference is None:
            name, stated = UNNAMED, credentials(actor.display) if actor is not None else None
        else:
            local = self._references.contained(source, actor.reference) if actor.reference.startswith("#") else None
            name = self._name(actor.reference, local)
            stated = self._profession(source, actor, local)
        profession = agreed_profession(stated, profession_of((function,)) if function is not None else None)
        return Performer(
            name,
            profession if isinstance(profession, Role) else None,
            profession.called if isinstance(profession, Neither) else None,
            profession.called if isinstance(profession, Disputed) else None,
            supervises(function),
        )

    def _name(self, reference: str, local: Resource | None) -> str:
        """What a performer is called; ``local`` is the contained resource that the reference means."""
        if not reference.startswith("#"):
            return self._references[reference]
        person = local.practitioner if isinstance(local, PractitionerRoleResource) else None
        if person is None or person.reference is None or person.reference.startswith("#"):
            return reference
        return self._references[person.reference]

    def role(self, source: Resource, actor: NamedRef | None) -> Role | None:
        """What the person is licensed as, or None."""
        performer = self.performer(source, actor)
        return performer.role if performer is not None else None

    def _profession(self, source: Resource, actor: NamedRef, local: Resource | None) -> Profession | None:
        """What a reference leads to, with the credentials behind the name; nothing of what is no person."""
        reference = actor.reference or ""
        if local is not None:
            if not isinstance(local, PractitionerRoleResource | PractitionerResource):
                return None
            profession = self._read(source, local, local=True)
        elif self._references[reference].startswith((*_NO_PERSON, "CareTeam/")):
            return None
        else:
            profession = self._referred(source, reference)
        return agreed_profession(profession, credentials(actor.display))

    def _referred(self, source: Resource, reference: str) -> Profession | None:
        name = self._references[reference]
        if name not in self._known:
            kind, _, key = name.partition("/")
            resource: Resource | None = None
            if kind == "PractitionerRole":
                resource = self._roles.get(key)
            elif kind == "Practitioner":
                resource = self._practitioners.get(key) or PractitionerResource(id=key)
            self._known[name] = self._read(source, resource)
        return self._known[name]

    def _read(self, source: Resource, resource: Resource | None, *, local: bool = False) -> Profession | None:
        if isinstance(resource, PractitionerRoleResource):
            profession = profession_of((*resource.code, *resource.specialty))
            if profession is None and resource.practitioner is not None:
                return agreed_profession(
                    self._qualified(source, resource.practitioner), credentials(resource.practitioner.display)
                )
            return profession
        if isinstance(resource, PractitionerResource):
            by_roles = self._by_roles(resource.id) if not local else None
            return by_roles if by_roles is not None else licensed(resource)
        return None

    def _qualified(self, source: Resource, practitioner: NamedRef) -> Profession | None:
        if practitioner.reference is None:
            return None
        if practitioner.reference.startswith("#"):
            person = self._references.contained(source, practitioner.reference)
        else:
            person = self._practitioners.get(self._references[practitioner.reference].rpartition("/")[2])
        return licensed(person) if isinstance(person, PractitionerResource) else None

    def _by_roles(self, practitioner: str | None) -> Profession | None:
        """What the PractitionerRoles in force say together about a practitioner."""
        if self._roles_of is None:
            self._roles_of = {}
            for role in self._roles.values():
                if (
                    role.practitioner is not None
                    and role.practitioner.reference is not None
                    and role.active is not False
                ):
                    name = self._references[role.practitioner.reference]
                    self._roles_of.setdefault(name, []).append(role)
        roles = self._roles_of.get(f"Practitioner/{practitioner}", ())
        return agreed_profession(None, *(profession_of((*role.code, *role.specialty)) for role in roles))


def licensed(person: PractitionerResource) -> Profession | None:
    """What qualifications say, else the letters of license numbers, else the titles behind the name."""
    profession = profession_of(qualification.code for qualification in person.qualification)
    if profession is None:
        profession = agreed_profession(
            None, *(license_prefix(n.value) for qualification in person.qualification for n in qualification.identifier)
        )
    suffixes = [profession_in_words(", ".join(name.suffix)) for name in person.name if name.suffix]
    return agreed_profession(profession, *suffixes, *(credentials(name.text) for name in person.name))


def _together(performers: Iterable[tuple[Performer, bool]]) -> tuple[Performer, ...]:
    """Performers, each once; those of the second part are attending: beside others who treat they supervise."""
    everyone = list(dict.fromkeys(performers))
    persons = [
        (performer, attending) for performer, attending in everyone if not performer.reference.startswith(_NO_PERSON)
    ]
    treating = any(not performer.supervises and not attending for performer, attending in persons)
    marked = (
        performer._replace(supervises=True) if attending and treating else performer
        for performer, attending in persons or everyone
    )
    return tuple(dict.fromkeys(marked))
