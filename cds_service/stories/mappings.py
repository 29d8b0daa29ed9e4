"""What all mappings of the story language share: unknown keys are refused; days and times are understood."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from cds_service.stories.story_dates import StoryDay, parse_day, parse_time
from cds_service.stories.words import NONE_WORD, as_list


def none_as_null(value: object) -> object:
    """Read ``none`` as nothing."""
    return None if value == NONE_WORD else value


def _plain_json(value: object) -> object:
    """FHIR as it is: dates that YAML understood become text again.

    Raises:
        ValueError: YAML understood a time, and its offset as written is lost.
    """
    if isinstance(value, datetime):
        raise ValueError("write times in quotes, so that they stay as they are")  # noqa: TRY004 - for pydantic
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain_json(part) for name, part in value.items()}
    return [_plain_json(part) for part in value] if isinstance(value, list) else value


def _json_list(value: object) -> object:
    return _plain_json(as_list(value))


def _time_or_none(value: object) -> time | None:
    return None if value is None or value == NONE_WORD else parse_time(value)


def _day_or_none(value: object) -> StoryDay | None:
    return None if value is None or value == NONE_WORD else parse_day(value)


AnyDay: TypeAlias = Annotated[StoryDay, PlainValidator(parse_day)]
Clock: TypeAlias = Annotated[time, PlainValidator(parse_time)]
ClockOrNone: TypeAlias = Annotated[time | None, PlainValidator(_time_or_none)]
DayOrNone: TypeAlias = Annotated[StoryDay | None, PlainValidator(_day_or_none)]
FhirAsWritten: TypeAlias = Annotated[list[dict[str, Any]], BeforeValidator(_json_list)]
ProgramName: TypeAlias = Literal["conditioning", "hardening", "none"]
DisciplineName: TypeAlias = Literal["PT", "OT", "SLP", "none"]
RoleName: TypeAlias = Literal["PT", "PTA", "OT", "OTA", "SLP", "student", "athletic-trainer", "unknown"]
FhirId: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,64}$")]
Slug: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class StoryMapping(BaseModel):
    """A mapping of the language; keys it does not know are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
