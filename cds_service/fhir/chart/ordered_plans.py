"""Plans of care that an EHR keeps as ServiceRequests with the intent ``plan``, for want of CarePlans."""

from cds_service.domain.care import Order, PlanOfCare
from cds_service.fhir.reading.request_resources import ServiceRequestResource


def plan_of_order(record: ServiceRequestResource, planned: Order) -> PlanOfCare | None:
    """Planned therapy as a plan of care: its dates, discipline, codes and schedule; it has no goals.

    An order to treat is no plan of care, whatever it says, nor is a plan of something else than therapy.
    """
    if record.intent != "plan" or not (planned.work_rehab or planned.discipline or planned.codes):
        return None
    return PlanOfCare(
        reference=planned.reference,
        status=record.status or "unknown",
        start=planned.schedule.start,
        end=planned.schedule.end,
        work_rehab=planned.work_rehab,
        program=planned.program,
        discipline=planned.discipline,
        discipline_from="category" if planned.discipline is not None else None,
        conditions=planned.conditions,
        scheduled=planned.schedule.sessions is not None or planned.schedule.days_per_week is not None,
        codes=planned.codes,
    )
