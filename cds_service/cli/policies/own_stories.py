"""Commands that play stories with a site's policies: check what they expect, explain which layer gave each value."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

import click

from cds_service.app.assembly import load_policies
from cds_service.app.settings import load_settings
from cds_service.cli.plainly import told_plainly
from cds_service.cli.policies.value_lines import lines_of
from cds_service.domain.case import Case
from cds_service.domain.findings import Outcome
from cds_service.hooks.services import SERVICES
from cds_service.policies.files.loader import SUFFIXES
from cds_service.policies.parameters import PARAMETERS
from cds_service.policies.stack import PolicyStack
from cds_service.stories import Story, StoryError, load, read
from cds_service.stories.checking import unmet
from cds_service.stories.playing import Played, play

STORIES: Final = "stories"
HOOKS: Final = sorted({service.hook for service in SERVICES})


class StoryResult(NamedTuple):
    """What became of one story: where it stands, what it is about, what is not as it expects."""

    place: str
    title: str
    wrong: tuple[str, ...]
    played: tuple[Played, ...] = ()


@click.command("test")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--verbose", is_flag=True, help="Tell of each story which layers applied and what the cards say.")
@told_plainly
def run_stories(folder: Path, verbose: bool) -> None:  # noqa: FBT001 - click calls by name
    """Play the stories of a policy folder with the bundled policies and those of the folder.

    FOLDER holds policies (*.yaml) and, under stories/, YAML files of stories; several stand in one file, separated by
    three dashes. A story passes when the answer is what it says under expect. Exit status 1 when one fails.

    \b
    Example:  cds-service policies test our-policies
    """  # noqa: D301
    files = sorted(path for path in (folder / STORIES).rglob("*") if path.suffix in SUFFIXES)
    if not files:
        raise click.ClickException(
            f"{folder / STORIES} has no .yaml file: put stories there, or begin with "
            f"cds-service policies new ID --out {folder}"
        )
    stack = PolicyStack.load([folder])
    results = [result for file in files for result in _results(file, folder, stack)]
    for result in results:
        click.echo(f"{'failed' if result.wrong else 'passed'}  {result.place}: {result.title}")
        for sentence in result.wrong:
            click.echo(f"        {sentence}")
        for played in result.played if verbose else ():
            for line in _verbose(played):
                click.echo(f"        {line}")
    failed = sum(bool(result.wrong) for result in results)
    click.echo(
        f"{len(results)} {'story' if len(results) == 1 else 'stories'}: {len(results) - failed} passed, {failed} failed"
    )
    if failed:
        raise SystemExit(1)


def _results(file: Path, folder: Path, stack: PolicyStack) -> Iterator[StoryResult]:
    place = str(file.relative_to(folder))
    try:
        stories = read(file, date.today())  # noqa: DTZ011 - the local day is meant
    except StoryError as refused:
        yield StoryResult(place, "cannot be read", (str(refused),))
        return
    except (OSError, UnicodeDecodeError) as problem:
        yield StoryResult(place, "cannot be read", (f"not a text file that can be opened: {type(problem).__name__}",))
        return
    if not stories:
        yield StoryResult(place, "holds no story", ("write one, or take the file away",))
    for story in stories:
        yield _result(place, story, stack)


def _result(place: str, story: Story, stack: PolicyStack) -> StoryResult:
    title = story.title or story.name
    try:
        played = tuple(play(story, hook, stack) for hook in story.hooks)
    except StoryError as refused:
        return StoryResult(place, title, (str(refused),))
    several = len(played) > 1
    wrong = [
        (f"{answer.hook}: " if several else "") + sentence for answer in played for sentence in unmet(story, answer)
    ]
    return StoryResult(place, title, tuple(dict.fromkeys(wrong)), played)


def _verbose(played: Played) -> Iterator[str]:
    evaluation = played.evaluation
    if evaluation:
        yield f"{played.hook} on {evaluation['dateOfService']}: layers {', '.join(evaluation['policies'])}"
    for card in played.cards:
        yield f"{card['indicator']}: {card['summary']}"
    if not played.cards:
        yield f"{played.hook}: no cards"


@click.command("explain")
@click.option("--story", "name", help="Bundled story, or one of the file.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Story file; all of it.")
@click.option("--hook", type=click.Choice(HOOKS), help="Hook to call; else the story's first.")
@told_plainly
def explain(name: str | None, file: Path | None, hook: str | None) -> None:
    """Play a story and tell which layer gave each value that the rules of its hook read.

    \b
    Examples:  cds-service policies explain --story texas-hardening-pt-pta
               cds-service policies explain --file our-policies/stories/site-north.yaml --hook order-sign
    """  # noqa: D301
    stack = load_policies(load_settings())
    blocks = (_explained(story, play(story, hook or story.hook, stack)) for story in _chosen(name, file))
    click.echo("\n\n".join("\n".join(lines) for lines in blocks))


def _chosen(name: str | None, file: Path | None) -> tuple[Story, ...]:
    today = date.today()  # noqa: DTZ011 - the local day is meant
    if file is None:
        if name is None:
            raise click.UsageError("name a story with --story, or a file of stories with --file")
        if Path(name).is_file():
            raise click.UsageError(f"{name} is a file: give it with --file")
        return (load(name, today),)
    stories = read(file, today)
    found = tuple(story for story in stories if name in {None, story.name})
    if not found:
        there = f"no story {name}; it has {', '.join(story.name for story in stories)}" if stories else "no story in it"
        raise click.ClickException(f"{file} has {there}")
    return found


def _explained(story: Story, played: Played) -> Iterator[str]:
    yield f"{story.title or story.name} ({story.name}, {played.hook})"
    consultation = played.answered.consultation if played.answered is not None else None
    case = consultation.case if consultation is not None else None
    if played.refused is not None:
        yield f"The call is refused: {played.refused}"
    elif case is None:
        yield "The call is not about work rehabilitation, so no rule is asked."
    else:
        yield from _found(case)
        yield f"Layers, least specific first: {', '.join(played.evaluation['policies'])}"
        readers = _readers(played)
        for name, parameter in PARAMETERS.items():
            if name in readers:
                yield ""
                yield from lines_of(played.effective(parameter))
                yield f"  read by {', '.join(readers[name])}"
        yield ""
        yield from _outcomes(played)


def _readers(played: Played) -> Mapping[str, list[str]]:
    """Who read each parameter in this call: the bill, then the rules."""
    evaluation = played.answered.evaluation if played.answered is not None else None
    readers = defaultdict[str, list[str]](list)
    for name in evaluation.bill_read if evaluation is not None else ():
        readers[name].append("the bill")
    for outcome in played.rules.values():
        for name in outcome.read:
            readers[name].append(outcome.rule)
    return readers


def _found(case: Case) -> Iterator[str]:
    payer, place = case.payer, case.chart.place
    yield f"Date of service {case.date_of_service}"
    yield f"Payer: {', '.join(payer.payers)}; class {payer.payer_class}" if payer is not None else "Payer: not known"
    yield (
        f"Jurisdiction: {place.jurisdiction}, from {place.read_from}"
        if place is not None
        else "Jurisdiction: not known"
    )


def _outcomes(played: Played) -> Iterator[str]:
    """What became of the rules: those without a reason on one line, the others on a line each."""
    for outcome in Outcome:
        rules = [trace for trace in played.rules.values() if trace.outcome is outcome]
        plain = [trace.rule for trace in rules if trace.why is None]
        if plain:
            yield f"{outcome}: {', '.join(plain)}"
        yield from (f"{outcome}: {trace.rule} ({trace.why})" for trace in rules if trace.why is not None)
    evaluation = played.answered.evaluation if played.answered is not None else None
    for gap in evaluation.gaps if evaluation is not None else ():
        yield f"not known: {gap.fact} ({gap.why})"
