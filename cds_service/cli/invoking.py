"""The command ``invoke``: a request from a story, a file or a FHIR server; the answer shown; feedback sent."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from rich.console import Console

from cds_service.cli.plainly import write_plainly
from cds_service.cli.terminal import show_answer, show_gaps
from cds_service.ehr.calls import Ehr, call, send_feedback
from cds_service.ehr.card_feedback import Decision, feedback_on
from cds_service.ehr.signing import Signer, read_signer
from cds_service.ehr.situation import Situation
from cds_service.ehr.trial_server import FhirServer
from cds_service.errors import CdsError
from cds_service.hooks.answer import Answered
from cds_service.hooks.services import SERVICES
from cds_service.stories.resources.pieces import FhirJson
from cds_service.stories.story_files import load

AnswerHere: TypeAlias = Callable[[str, Mapping[str, Any]], Answered]
"""Answers a request of the service of this id without a server."""


class InvocationError(CdsError):
    """The options do not go together, or a file they name cannot be used."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "See --help.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The options of ``invoke``; each means what its help says."""

    story: str | None = None
    file: Path | None = None
    fhir: str | None = None
    patient: str | None = None
    hook: str | None = None
    user: str | None = None
    encounter: str | None = None
    draft: Path | None = None
    no_prefetch: bool = False
    token: str | None = None
    url: str | None = None
    key: Path | None = None
    issuer: str | None = None
    kid: str | None = None
    alg: str | None = None
    accept: int | None = None
    override: int | None = None
    reason: str | None = None
    comment: str | None = None
    as_json: bool = False
    gaps: bool = False
    timeline: Path | None = None

    def check(self) -> None:
        """Refuse options that do not go together.

        Raises:
            InvocationError: names them.
        """
        sources = [name for name in ("story", "file", "patient") if getattr(self, name) is not None]
        if len(sources) != 1:
            raise InvocationError("give one of --story NAME, --file REQUEST.json, and --patient ID with --fhir URL")
        if self.patient is not None and (self.fhir is None or self.hook is None):
            raise InvocationError("--patient needs --fhir URL and --hook")
        if self.fhir is not None and self.file is not None:
            raise InvocationError("--file is a whole request; it goes without --fhir")
        if (self.key is None) != (self.issuer is None):
            raise InvocationError("--key and --issuer go together")
        if self.accept is not None and self.override is not None:
            raise InvocationError("--accept and --override exclude each other")
        if self.gaps and self.as_json:
            raise InvocationError(
                "--gaps is a table; --json has the same under extension, work-rehab-cds.evaluation, gaps"
            )
        if self.timeline is not None and self.timeline.suffix != ".svg":
            raise InvocationError(f"--timeline draws an SVG picture: name the file {self.timeline.with_suffix('.svg')}")
        if self.override is None and (self.reason is not None or self.comment is not None):
            raise InvocationError("--reason and --comment go with --override")

    @property
    def signer(self) -> Signer | None:
        """Who signs; None when nobody does."""
        if self.key is None or self.issuer is None:
            return None
        return read_signer(self.key, self.issuer, self.kid, self.alg)

    @property
    def decision(self) -> Decision | None:
        """What the user does with a card; None for nothing."""
        if self.accept is not None:
            return Decision(card=self.accept, outcome="accepted")
        if self.override is not None:
            return Decision(card=self.override, outcome="overridden", reason=self.reason, comment=self.comment)
        return None


class Exchange(NamedTuple):
    """A request with the id of its service and the answer to it; ``answered`` is what led to one that was made here."""

    service: str
    request: Mapping[str, Any]
    answer: dict[str, Any]
    answered: Answered | None = None


def print_exchange(options: Invocation, default_url: str, answer_here: AnswerHere) -> None:
    """Do what the options say and print the answer.

    Args:
        options: The options.
        default_url: Where the service is when a FHIR server or feedback is asked for and no URL is given.
        answer_here: Answers when no service is to be called.

    Raises:
        CdsError: the options, a file, the FHIR server or the service does not allow it; the text says which.
    """
    done = exchange(options, default_url, answer_here)
    if options.as_json:
        print(json.dumps(done.answer, indent=2, ensure_ascii=False))  # noqa: T201 - what the command is asked for
    elif options.gaps:
        show_gaps(Console(), done.answer, not_sent(done.service, done.request))
    else:
        show_answer(Console(), done.answer)
    if options.timeline is not None:
        draw_program(done.answered or answer_here(done.service, done.request), options.timeline)
    decision = options.decision
    if decision is not None:
        entry = feedback_on(done.answer, decision, datetime.now(UTC))
        send_feedback(options.url or default_url, done.service, entry, options.signer)
        Console(stderr=True).print(f"Feedback sent: card {decision.card} {decision.outcome}.", highlight=False)


def exchange(options: Invocation, default_url: str, answer_here: AnswerHere) -> Exchange:
    """Make the request and have it answered; see ``print_exchange``."""
    options.check()
    url = options.url or (default_url if options.fhir is not None or options.decision is not None else None)
    signer = options.signer
    if options.fhir is not None:
        server = FhirServer(options.fhir, options.token)
        ehr = Ehr(server, url or default_url, options.token, signer)
        situation = situation_of(options)
        listed = ehr.listed(situation.hook)
        service, request = listed.id, ehr.request(listed, situation, prefetch=not options.no_prefetch)
    else:
        request = _given_request(options)
        service = _service_of(options.hook or request.get("hook"))
    if url is not None:
        return Exchange(service, request, call(url, service, request, signer))
    answered = answer_here(service, request)
    return Exchange(service, request, answered.response, answered)


def draw_program(answered: Answered, file: Path) -> None:
    """Write the picture of the program that an answer is about.

    Raises:
        InvocationError: there is no program.
        click.ClickException: the file cannot be written.
    """
    from cards.timeline.picture import svg  # loaded for who asks for a picture only
    from cds_service.hooks.program_picture import timeline_of_answer

    timeline = timeline_of_answer(answered)
    if timeline is None:
        raise InvocationError(f"{file}: not written: the chart holds no work-rehab visit, and none is booked")
    write_plainly(file, svg(timeline, standalone=True).encode(), "Timeline")


def not_sent(service: str, request: Mapping[str, Any]) -> list[str]:
    """The prefetch keys that the service asks for and the request has not, in the order of discovery."""
    asked = [
        key for offer in SERVICES if (offer.id, offer.hook) == (service, request.get("hook")) for key in offer.prefetch
    ]
    sent = request.get("prefetch")
    return [key for key in asked if not isinstance(sent, Mapping) or key not in sent]


def situation_of(options: Invocation) -> Situation:
    """What happens in the EHR: as told by the options, or in a story whose chart is on the FHIR server."""
    drafts = tuple(_resources(options.draft)) if options.draft is not None else ()
    if options.story is None:
        return Situation(
            hook=options.hook or "",
            patient=options.patient or "",
            user=options.user,
            encounter=options.encounter,
            drafts=drafts,
        )
    story = load(options.story, date.today())  # noqa: DTZ011 - the local day is meant
    hook = options.hook or story.hook
    context = story.request(hook)["context"]
    return Situation(
        hook=hook,
        patient=story.patient_id,
        user=options.user or context.get("userId") or story.material.user,
        encounter=options.encounter or context.get("encounterId"),
        drafts=drafts or (story.appointments if hook == "appointment-book" else story.drafts),
    )


def _given_request(options: Invocation) -> dict[str, Any]:
    if options.file is not None:
        return read_json_object(options.file, "a hook request is a JSON object")
    story = load(options.story or "", date.today())  # noqa: DTZ011 - the local day is meant
    hook = options.hook or story.hook
    if hook not in story.hooks:
        raise InvocationError(f"The story {story.name} has no {hook}; it has {', '.join(story.hooks)}.")
    return story.request(hook)


def _service_of(hook: object) -> str:
    found = next((service.id for service in SERVICES if service.hook == hook), None)
    if found is None:
        raise InvocationError(f"--hook is needed, one of {', '.join(sorted({service.hook for service in SERVICES}))}.")
    return found


def read_json_object(file: Path, expected: str) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        InvocationError: there is something else in it; ``expected`` says what should be.
    """
    content = _read_json(file)
    if not isinstance(content, dict):
        raise InvocationError(f"{file}: {expected}")
    return content


def _read_json(file: Path) -> object:
    try:
        return json.loads(file.read_bytes())
    except ValueError as error:
        raise InvocationError(f"{file}: not JSON: {error}") from None


def _resources(file: Path) -> list[FhirJson]:
    """The resources in a file: one, a list, or those of a Bundle."""
    content = _read_json(file)
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        content = [entry.get("resource") for entry in content.get("entry", ())]
    found: list[Any] = content if isinstance(content, list) else [content]
    if not found or not all(isinstance(resource, dict) and "resourceType" in resource for resource in found):
        raise InvocationError(f"{file}: drafts are a resource, a list of them or a Bundle")
    return found
