"""Whether what was given is about another patient than the call's."""

from cds_service.domain.chart import Unknown
from cds_service.fhir.chart import encounters as clinical
from cds_service.fhir.chart import plans
from cds_service.fhir.chart.patients_own import OF_ANOTHER, Meanings, Own
from cds_service.fhir.chart.people import People
from cds_service.fhir.reading.calendar import Calendar
from cds_service.fhir.reading.clinical_resources import CarePlanResource, EncounterResource, ProcedureResource
from cds_service.fhir.reading.prefetch import Prefetch
from cds_service.fhir.reading.prefetch_keys import FACT_OF_TYPE
from cds_service.fhir.reading.references import References


def of_another_patient(
    patient_id: str, prefetch: Prefetch, calendar: Calendar, server: str | None = None
) -> Unknown | None:
    """The first treatment, visit or plan of work rehabilitation that names another patient than the call's."""
    references, meanings = References(prefetch.aliases), Meanings()
    own = Own(patient_id, prefetch, references, server)
    for reference, procedure in own.of_others(ProcedureResource):
        if meanings[procedure.code].work_rehab:
            return Unknown(FACT_OF_TYPE["Procedure"], OF_ANOTHER, reference)
    for reference, encounter in own.of_others(EncounterResource):
        if clinical.about(encounter, references, meanings, {}).work_rehab:
            return Unknown(FACT_OF_TYPE["Encounter"], OF_ANOTHER, reference)
    people = People(prefetch, references)
    for reference, record in own.of_others(CarePlanResource):
        plan = plans.plan_of_care(record, reference, people, references, meanings, {}, calendar)
        if plan is not None and plan.work_rehab:
            return Unknown(FACT_OF_TYPE["CarePlan"], OF_ANOTHER, reference)
    return None
