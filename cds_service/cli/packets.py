"""The command ``packet``: a request for approval of a bundled story, as a page, a form or FHIR."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cds_service.cli.plainly import told_plainly, write_plainly

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cds_service.app.settings import Settings
    from cds_service.domain.packet import Packet
    from cds_service.domain.values import JsonObject

_USES: Final = ("first", "renewal", "appeal")
_FORMATS: Final = ("page", "pdf", "questionnaire", "pas")
_VERSIONS: Final = ("2.0.1", "2.2.1")


@click.command("packet")
@click.option("--story", required=True, metavar="NAME", help="Bundled story; see the command stories.")
@click.option("--for", "use", type=click.Choice(_USES), default="first", show_default=True, help="What it is sent for.")
@click.option(
    "--as", "form", type=click.Choice(_FORMATS), default="page", show_default=True, help="What is made of it."
)
@click.option(
    "--pas", type=click.Choice(_VERSIONS), default=_VERSIONS[-1], show_default=True, help="Edition of Da Vinci PAS."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to write it.")
@told_plainly
def draft_packet(story: str, use: str, form: str, pas: str, out: Path | None) -> None:
    """Draft a request for approval of a bundled story, or an appeal.

    \b
    Examples:  cds-service packet --story texas-hardening-pt-pta --for renewal --out request.html
               cds-service packet --story texas-hardening-pt-pta --as questionnaire
               cds-service packet --story texas-hardening-pt-pta --as pas --pas 2.0.1
    """  # noqa: D301
    content = _made(story, use, form, pas)
    if out is not None:
        write_plainly(out, content, "Packet")
    elif form == "pdf" and sys.stdout.isatty():
        raise click.ClickException("a PDF cannot be shown here; add --out FILE.pdf")
    else:
        click.echo(content, nl=form != "pdf")


def _made(story: str, use: str, form: str, pas: str) -> bytes:
    from cds_service.app.assembly import answerer_for, load_policies  # loads the whole service
    from cds_service.app.settings import load_settings
    from cds_service.domain.packet import PacketUse
    from cds_service.hooks.request_packets import packet_of_answer
    from cds_service.stories import load
    from cds_service.stories.playing import morning_of, play_with

    settings = load_settings()
    chosen = load(story, date.today())  # noqa: DTZ011 - the local day is meant
    answerer = answerer_for(settings, load_policies(settings), morning_of(chosen))
    played = play_with(answerer, chosen, chosen.hook)
    packet = packet_of_answer(played.answered, PacketUse(use)) if played.answered is not None else None
    if packet is None:
        raise click.ClickException(f"story {story} makes no request: choose another one; see the command stories")
    if packet.use is PacketUse.APPEAL and not packet.lines:
        raise click.ClickException(f"story {story} has no visit with lines to argue for; use --for first or renewal")
    made: Mapping[str, Callable[[], bytes]] = {
        "page": lambda: _page(packet),
        "pdf": lambda: _pdf(packet, settings),
        "questionnaire": lambda: _answers(packet, settings.public_url),
        "pas": lambda: _preauthorization(packet, settings.public_url, pas),
    }
    return made[form]()


def _page(packet: "Packet") -> bytes:
    from cards.packets.printed_packet import printed_packet  # loaded by who needs it, as below

    return printed_packet(packet).encode()


def _pdf(packet: "Packet", settings: "Settings") -> bytes:
    from cards.packets.request_words import USES
    from cds_service.app.assembly import forms_on_hand

    forms = forms_on_hand(settings)
    form = forms.for_packet(packet) if forms is not None else None
    if form is None:
        raise click.ClickException(
            f"there is no PDF form for {packet.policy_title}, {USES[packet.use].lower()}: "
            f"name the folder with your forms in CDS_FORMS, and {packet.policy} in its forms.yaml; or use --as page"
        )
    from cds_service.forms.form_filling import filled_form

    return filled_form(form, packet)


def _answers(packet: "Packet", public_url: str) -> bytes:
    from cds_service.fhir.writing.request_questionnaires import has_questionnaire, request_answers

    if not has_questionnaire(packet):
        raise click.ClickException("an appeal is a letter and has no questionnaire; use --as page")
    return _judged(request_answers(packet, public_url))


def _preauthorization(packet: "Packet", public_url: str, pas: str) -> bytes:
    from cds_service.app.assembly import local_now
    from cds_service.fhir.writing.preauthorizations import PasVersion, has_preauthorization, preauthorization_bundle

    if not has_preauthorization(packet):
        raise click.ClickException("there is no service here to ask for ahead, so there is no claim; use --as page")
    return _judged(preauthorization_bundle(packet, PasVersion(pas), public_url, local_now()))


def _judged(resource: "JsonObject") -> bytes:
    import orjson

    from cds_service.fhir.judge import first_r4_error

    problem = first_r4_error(resource)
    if problem is not None:
        raise click.ClickException(f"what was made is not valid FHIR R4: {problem}; please report it")
    return orjson.dumps(resource, option=orjson.OPT_INDENT_2)
