"""Facts of which a record came that could not be used: none of them is known to be missing."""

import pytest

from cds_service.domain.chart import Chart, Fact, Unknown

UNREAD = Unknown(Fact.AUTHORIZATIONS, "period start is not a FHIR date", "ClaimResponse/odd")
TREATMENT = Unknown(Fact.SESSIONS, "date is not a FHIR date", "Procedure/odd")


@pytest.mark.parametrize(
    ("gap", "fact", "set_aside"),
    [
        (UNREAD, Fact.AUTHORIZATIONS, True),
        (UNREAD, Fact.PLAN_OF_CARE, False),
        (TREATMENT, Fact.EVALUATIONS, True),
        (TREATMENT, Fact.AUTHORIZATIONS, False),
        (Unknown(Fact.AUTHORIZATIONS, "1 resource of another patient was left out"), Fact.AUTHORIZATIONS, False),
        (
            Unknown(Fact.AUTHORIZATIONS, "a letter; its content is not read", "DocumentReference/letter"),
            Fact.AUTHORIZATIONS,
            False,
        ),
    ],
)
def test_a_record_set_aside_leaves_open_whether_the_fact_is_there(gap, fact, set_aside):
    assert set_aside == Chart("Patient/p", gaps=(gap,)).set_aside(fact)
