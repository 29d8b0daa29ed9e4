"""The quarter of a table: what file names tell, and which days begin one."""

from datetime import date

import pytest

from cds_service.policies.ncci import NcciError
from cds_service.policies.ncci.quarters import check_quarter, quarter_in

NAMES = {
    "MCR_MUE_PractitionerServices_Eff_10-01-2026.csv": date(2026, 10, 1),
    "mcr_mue_outpatienthospitalservices_eff_04-01-2027.XLSX": date(2027, 4, 1),
    "practitionerservicesmuetable-effective-1-1-2027.zip": date(2027, 1, 1),
    "medicare-ncci-2026q3-practitioner-ptp-edits-ccipra-v322r0-f1.zip": date(2026, 7, 1),
    "medicare-ncci-2026-q4-hospital-ptp-edits-ccioph-v323r0-f1.zip": date(2026, 10, 1),
    "ccipra-v323r0-f1.txt": None,
    "MUE_Eff_10-15-2026.csv": None,
    "MUE_Eff_13-41-2026.csv": None,
    "2026-q4_Eff_07-01-2026.csv": None,
    "table-2026q5.csv": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_tells_the_quarter_or_nothing(name):
    assert NAMES[name] == quarter_in([name])


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_quarters_begin_in_four_months(month):
    assert date(2026, month, 1) == check_quarter(date(2026, month, 1))


@pytest.mark.parametrize(("day", "meant"), [(date(2026, 9, 1), "2026-07-01"), (date(2026, 12, 2), "2026-10-01")])
def test_another_day_is_refused_with_the_quarter_it_lies_in(day, meant):
    with pytest.raises(NcciError, match=f"no quarter begins on this day.*--quarter {meant}"):
        check_quarter(day)
