"""Who treated, and what they are licensed as."""

import msgspec

from cds_service.domain.chart import Performer, Role
from cds_service.fhir import records
from cds_service.fhir.professions import role_in_words, role_of
from cds_service.fhir.reading import Prefetch
from cds_service.fhir.records import CodeableConcept, NamedRef, Resource
from cds_service.fhir.references import References

_CONTAINED = msgspec.json.Decoder(records.AnyResource)


def contained(resource: Resource, reference: str) -> Resource | None:
    """The contained resource that ``#id`` refers to; None when it is missing or unreadable."""
    for raw in getattr(resource, "contained", ()):
        try:
            one = _CONTAINED.decode(raw)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            continue
        if one.id is not None and one.id.removeprefix("#") == reference[1:]:
            return one
    return None


class People:
    """Roles of the people that resources refer to, read from contained resources or from any bundle given."""

    def __init__(self, prefetch: Prefetch, references: References) -> None:
        self._roles = prefetch.of(records.PractitionerRole)
        self._practitioners = prefetch.of(records.Practitioner)
        self._references = references
        self._performers: dict[object, Performer] = {}
        self._alone: dict[object, tuple[Performer, ...]] = {}
        self._known: dict[str, Role | None] = {}
        self._roles_of: dict[str, list[records.PractitionerRole]] | None = None

    def performers(self, procedure: records.Procedure) -> tuple[Performer, ...]:
        """Who performed a procedure, each once."""
        if len(procedure.performer) != 1:
            found = [self.performer(procedure, one.actor, one.function) for one in procedure.performer]
            return tuple(dict.fromkeys(one for one in found if one is not None))
        one = procedure.performer[0]
        if one.actor is not None and one.actor.reference:
            known = self._alone.get(_key(procedure.contained, one.actor.reference))
            if known is not None:
                return known
        only = self.performer(procedure, one.actor, one.function)
        return (only,) if only is not None else ()

    def performer(
        self, source: Resource, actor: NamedRef | None, function: CodeableConcept | None = None
    ) -> Performer | None:
        """The performer that a reference names; ``function`` and the display decide when nothing else tells.

        A contained PractitionerRole goes by the reference of its practitioner, so that one person has one name.
        """
        if actor is None or actor.reference is None:
            role = self.role(source, actor) or (role_of((function,)) if function is not None else None)
            return Performer("unnamed performer", role) if role is not None or actor is not None else None
        key = _key(getattr(source, "contained", ()), actor.reference)
        known = self._performers.get(key)
        if known is not None:
            return known
        local = contained(source, actor.reference) if actor.reference.startswith("#") else None
        role = self._referred(source, actor.reference, local) or _credentials(actor.display)
        performer = Performer(self._name(actor.reference, local), role)
        if role is not None:
            self._performers[key] = performer
            self._alone[key] = (performer,)
        elif function is not None:
            return Performer(performer.reference, role_of((function,)))
        return performer

    def _name(self, reference: str, local: Resource | None) -> str:
        """What a performer is called; ``local`` is the contained resource that the reference means."""
        if not reference.startswith("#"):
            return self._references[reference]
        person = local.practitioner if isinstance(local, records.PractitionerRole) else None
        if person is None or person.reference is None or person.reference.startswith("#"):
            return reference
        return self._references[person.reference]

    def role(self, source: Resource, actor: NamedRef | None) -> Role | None:
        """What the person is licensed as, or None."""
        if actor is None:
            return None
        if actor.reference is None:
            return _credentials(actor.display)
        local = contained(source, actor.reference) if actor.reference.startswith("#") else None
        return self._referred(source, actor.reference, local) or _credentials(actor.display)

    def _referred(self, source: Resource, reference: str, local: Resource | None) -> Role | None:
        if reference.startswith("#"):
            return self._read(source, local, local=True)
        name = self._references[reference]
        if name not in self._known:
            kind, _, key = name.partition("/")
            one: Resource | None = None
            if kind == "PractitionerRole":
                one = self._roles.get(key)
            elif kind == "Practitioner":
                one = self._practitioners.get(key) or records.Practitioner(id=key)
            self._known[name] = self._read(source, one)
        return self._known[name]

    def _read(self, source: Resource, one: Resource | None, *, local: bool = False) -> Role | None:
        if isinstance(one, records.PractitionerRole):
            role = role_of((*one.code, *one.specialty))
            if role is None and one.practitioner is not None:
                return self._qualified(source, one.practitioner)
            return role
        if isinstance(one, records.Practitioner):
            role = role_of(q.code for q in one.qualification)
            return role if role is not None or local else self._by_roles(one.id)
        return None

    def _qualified(self, source: Resource, practitioner: NamedRef) -> Role | None:
        if practitioner.reference is None:
            return None
        if practitioner.reference.startswith("#"):
            one = contained(source, practitioner.reference)
        else:
            one = self._practitioners.get(self._references[practitioner.reference].rpartition("/")[2])
        return role_of(q.code for q in one.qualification) if isinstance(one, records.Practitioner) else None

    def _by_roles(self, practitioner: str | None) -> Role | None:
        """The role of a practitioner whose PractitionerRoles all say the same."""
        if self._roles_of is None:
            self._roles_of = {}
            for one in self._roles.values():
                if one.practitioner is not None and one.practitioner.reference is not None:
                    name = self._references[one.practitioner.reference]
                    self._roles_of.setdefault(name, []).append(one)
        found = {role_of((*one.code, *one.specialty)) for one in self._roles_of.get(f"Practitioner/{practitioner}", ())}
        found.discard(None)
        return found.pop() if len(found) == 1 else None


def _credentials(display: str | None) -> Role | None:
    """Credentials after the comma of a name, such as "A. Example, PTA"."""
    return role_in_words(display.partition(",")[2]) if display else None


def _key(beside: tuple[msgspec.Raw, ...], reference: str) -> object:
    """What a reference means: a local one only together with the resources contained beside it."""
    if not reference.startswith("#"):
        return reference
    return (reference, bytes(beside[0])) if len(beside) == 1 else (reference, *map(bytes, beside))
