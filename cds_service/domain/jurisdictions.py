"""States and territories of the United States, by the ISO 3166-2 codes that policies and findings name them with."""

from typing import Final

STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "PR": "Puerto Rico", "GU": "Guam", "VI": "Virgin Islands", "AS": "American Samoa",
    "MP": "Northern Mariana Islands",
}  # fmt: skip

ABBREVIATIONS: Final = {
    "ALA": "AL", "ARIZ": "AZ", "ARK": "AR", "CAL": "CA", "CALIF": "CA", "COLO": "CO", "CONN": "CT", "DEL": "DE",
    "D C": "DC", "WASHINGTON DC": "DC", "WASHINGTON D C": "DC", "FLA": "FL", "ILL": "IL", "IND": "IN", "KAN": "KS",
    "KANS": "KS", "MASS": "MA", "MICH": "MI", "MINN": "MN", "MISS": "MS", "MONT": "MT", "NEB": "NE", "NEBR": "NE",
    "NEV": "NV", "N H": "NH", "N J": "NJ", "N M": "NM", "N MEX": "NM", "N Y": "NY", "N C": "NC", "N CAR": "NC",
    "N D": "ND", "N DAK": "ND", "OKLA": "OK", "ORE": "OR", "OREG": "OR", "PENN": "PA", "PENNA": "PA", "P R": "PR",
    "R I": "RI", "S C": "SC", "S CAR": "SC", "S D": "SD", "S DAK": "SD", "TENN": "TN", "TEX": "TX", "WASH": "WA",
    "W VA": "WV", "WIS": "WI", "WISC": "WI", "WYO": "WY",
}  # fmt: skip
"""Traditional abbreviations, without periods, that people write for a state."""

_EASTERN: Final = "America/New_York"
_CENTRAL: Final = "America/Chicago"
_MOUNTAIN: Final = "America/Denver"
_PACIFIC: Final = "America/Los_Angeles"
TIME_ZONES: Final = {
    "AL": (_CENTRAL,), "AK": ("America/Anchorage", "America/Adak"), "AZ": ("America/Phoenix", _MOUNTAIN),
    "AR": (_CENTRAL,), "CA": (_PACIFIC,), "CO": (_MOUNTAIN,), "CT": (_EASTERN,), "DE": (_EASTERN,), "DC": (_EASTERN,),
    "FL": (_EASTERN, _CENTRAL), "GA": (_EASTERN,), "HI": ("Pacific/Honolulu",), "ID": ("America/Boise", _PACIFIC),
    "IL": (_CENTRAL,), "IN": ("America/Indiana/Indianapolis", _CENTRAL), "IA": (_CENTRAL,), "KS": (_CENTRAL, _MOUNTAIN),
    "KY": (_EASTERN, _CENTRAL), "LA": (_CENTRAL,), "ME": (_EASTERN,), "MD": (_EASTERN,), "MA": (_EASTERN,),
    "MI": ("America/Detroit", _CENTRAL), "MN": (_CENTRAL,), "MS": (_CENTRAL,), "MO": (_CENTRAL,), "MT": (_MOUNTAIN,),
    "NE": (_CENTRAL, _MOUNTAIN), "NV": (_PACIFIC, _MOUNTAIN), "NH": (_EASTERN,), "NJ": (_EASTERN,), "NM": (_MOUNTAIN,),
    "NY": (_EASTERN,), "NC": (_EASTERN,), "ND": (_CENTRAL, _MOUNTAIN), "OH": (_EASTERN,), "OK": (_CENTRAL,),
    "OR": (_PACIFIC, "America/Boise"), "PA": (_EASTERN,), "RI": (_EASTERN,), "SC": (_EASTERN,),
    "SD": (_CENTRAL, _MOUNTAIN), "TN": (_CENTRAL, _EASTERN), "TX": (_CENTRAL, _MOUNTAIN), "UT": (_MOUNTAIN,),
    "VT": (_EASTERN,), "VA": (_EASTERN,), "WA": (_PACIFIC,), "WV": (_EASTERN,), "WI": (_CENTRAL,), "WY": (_MOUNTAIN,),
    "PR": ("America/Puerto_Rico",), "GU": ("Pacific/Guam",), "VI": ("America/St_Thomas",),
    "AS": ("Pacific/Pago_Pago",), "MP": ("Pacific/Saipan",),
}  # fmt: skip
"""IANA time zones of each state, the one most people live in first."""
EVERY_TIME_ZONE: Final = (
    _CENTRAL, _EASTERN, _PACIFIC, _MOUNTAIN, "America/Phoenix", "America/Anchorage", "Pacific/Honolulu",
    "America/Puerto_Rico",
)  # fmt: skip
"""Time zones in which a place of unknown state may lie; those of the Pacific territories are a state's own."""


def time_zones_of(jurisdiction: str) -> tuple[str, ...]:
    """Names of the time zones of ``US-TX``; none for what is no state or territory."""
    country, _, state = jurisdiction.partition("-")
    return TIME_ZONES.get(state, ()) if country == "US" else ()


def name_of(jurisdiction: str) -> str:
    """``Ohio`` for ``US-OH``; the code itself where it is none of the United States."""
    country, _, state = jurisdiction.partition("-")
    return STATES.get(state, jurisdiction) if country == "US" else jurisdiction
