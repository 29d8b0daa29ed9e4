"""The time zone of the place of treatment: what tells it, and the zones that are left where nothing does."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cds_service.domain.frozen import dataclass
from cds_service.domain.jurisdictions import EVERY_TIME_ZONE, time_zones_of
from cds_service.fhir.reading import dates
from cds_service.fhir.reading.clinical_resources import EncounterResource, ProcedureResource
from cds_service.fhir.reading.elements import Extension, PrimitiveElement, Resource
from cds_service.fhir.reading.request_resources import AppointmentResource

EXTENSIONS: Final = frozenset(
    {"http://hl7.org/fhir/StructureDefinition/timezone", "http://hl7.org/fhir/StructureDefinition/tz-code"}
)
_NAME: Final = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+\-]+){1,2}", re.ASCII)
_NO_PLACE: Final = ("Etc/", "SystemV/", "posix/", "right/")
# Names of Windows, which .NET systems write (Unicode CLDR, windowsZones).
_WINDOWS: Final = {
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "SA Western Standard Time": "America/Puerto_Rico",
}
_SIGNS: Final = ("+", "-")
_CLOCKS_CHANGE: Final = frozenset({"03", "11"})


_SOLSTICES: Final = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


class TreatmentSite(NamedTuple):
    """The place of treatment: its state, like ``US-TX``, and a time zone that the record names."""

    state: str | None = None
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones in which the place may lie, the likeliest first; ``told_by`` is what settled it, None while several do."""

    candidates: tuple[tzinfo, ...]
    told_by: str | None = None

    @property
    def settled(self) -> bool:
        """Whether one zone is left."""
        return len(self.candidates) == 1


@lru_cache(maxsize=128)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or of a Windows one; None where there is none of that name, or it is of no place."""
    name = _WINDOWS.get(name.strip(), name.strip())
    if _NAME.fullmatch(name) is None or name.startswith(_NO_PLACE):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def in_extensions(extensions: Iterable[Extension]) -> ZoneInfo | None:
    """The zone that the timezone extension names, as code or as string."""
    for extension in extensions:
        written = extension.value_code or extension.value_string
        if extension.url in EXTENSIONS and written and (zone := zone_of(written)) is not None:
            return zone
    return None


def zones_of(
    site: TreatmentSite,
    states: Iterable[str | None],
    settings: Iterable[tzinfo | None],
    written: Iterable[Iterable[str | None]],
) -> Zones:
    """The zone ladder: extension, state of the site, settings, offsets that are written.

    Args:
        site: The place of treatment, as far as the chart tells it.
        states: Other states that the chart names (accident, home), or the client's own, which only narrow the choice.
        settings: Zones of the client's entry and of this service, in that order; one that cannot be that of the site's
            state tells nothing.
        written: Instants as written, of bookings, visits and treatments; the first of these that have offsets count.
    """
    if site.zone is not None:
        return Zones((site.zone,), "the time zone on the record")
    possible = _zones(time_zones_of(site.state)) if site.state is not None else ()
    if len(possible) == 1:
        return Zones(possible, "the state of the site")
    for zone in settings:
        if zone is not None and (not possible or any(_alike(zone, candidate) for candidate in possible)):
            return Zones((zone,), "the settings")
    if not possible:
        narrowed = dict.fromkeys(name for state in states if state for name in time_zones_of(state))
        possible = _zones(tuple(narrowed) or EVERY_TIME_ZONE)
    if len(possible) > 1:
        possible = _agreeing(possible, next((days for texts in written if (days := _with_offset(texts))), []))
    return Zones(possible, "the states and offsets on the record" if len(possible) == 1 else None)


def _alike(zone: tzinfo, candidate: tzinfo) -> bool:
    """Whether two zones show the same time in winter and in summer."""
    return all(moment.astimezone(zone).utcoffset() == moment.astimezone(candidate).utcoffset() for moment in _SOLSTICES)


def zone_of_records(visited: Iterable[Resource]) -> ZoneInfo | None:
    """The zone that an extension on an instant of these encounters, treatments or appointments names."""
    for record in visited:
        for element in _elements(record):
            zone = in_extensions(element.extension) if element is not None else None
            if zone is not None:
                return zone
    return None


def _elements(record: Resource) -> tuple[PrimitiveElement | None, ...]:
    match record:
        case EncounterResource(period=period) | ProcedureResource(performed_period=period) if period is not None:
            return period.start_element, period.end_element
        case AppointmentResource(start_element=element):
            return (element,)
        case _:
            return ()


@lru_cache(maxsize=256)
def _zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(zone for name in names if (zone := zone_of(name)) is not None)


def _agreeing(zones: tuple[ZoneInfo, ...], written: Sequence[str]) -> tuple[ZoneInfo, ...]:
    """Zones that can have all the offsets written on these dates, else some of them, else all zones."""
    having = [_having(zones, offset_on_day) for offset_on_day in written]
    if len(having) == 1:
        return having[0] or zones
    all_of_them = tuple(zone for zone in zones if all(zone in matching for matching in having))
    return all_of_them or tuple(zone for zone in zones if any(zone in matching for matching in having)) or zones


@lru_cache(maxsize=1024)
def _having(zones: tuple[ZoneInfo, ...], offset_on_day: str) -> tuple[ZoneInfo, ...]:
    """Those of the zones that can have this offset on this day."""
    return tuple(zone for zone in zones if _can_have(zone, offset_on_day))


def _can_have(zone: ZoneInfo, offset_on_day: str) -> bool:
    """Whether the zone has this offset on this day, as in ``2026-03-09-05:00``, at noon."""
    when = dates.read_date(f"{offset_on_day[:10]}T12:00:00{offset_on_day[10:]}")
    if isinstance(when, str) or when.instant is None:
        return False
    return when.instant.astimezone(zone).utcoffset() == when.instant.utcoffset()


def _with_offset(texts: Iterable[str | None]) -> list[str]:
    """Days with an offset other than UTC that is written, one of a month in which no clocks change."""
    days = {
        (text[:10] if text[5:7] in _CLOCKS_CHANGE else f"{text[:7]}-15") + text[-6:]
        for text in texts
        if text is not None and text[-6:-5] in _SIGNS and text[-5:] != "00:00"
    }
    return sorted(days)
