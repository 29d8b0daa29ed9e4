"""Packets of stories that are told in a few words."""

from datetime import date
from pathlib import Path

from cds_service.packets.drawing_up import packet_of
from cds_service.stories import load, read
from tests.playing import TODAY, bundled_policies, play

COURSE = """
course: {first: -14, last: today, from: "08:00", minutes: 240, days_per_week: 4}
program: hardening
plan:
  start: -16
  weeks: 6
  sessions_a_week: 4
  minutes: 240
  goals: [{text: Stack crates above the chest, measure: lift, target: 40, due: 26}]
evaluations: [{day: -16, code: 97162}]
assessments: [{day: -16, tool: lift, value: 15}, {day: -3, tool: lift, value: 28}]
"""


def story_of(tmp_path: Path, text: str, today: date = TODAY):
    """The story of a YAML text."""
    file = tmp_path / "story.yaml"
    file.write_text(f"title: Told for a packet\n{text}", encoding="utf-8")
    return read(file, today)[0]


def drawn_up(story, use, hook=None):
    """The packet of a story at one of its hooks."""
    answered = play(story, hook or story.hooks[0]).answered
    return packet_of(answered.consultation, use, answered.received, bundled_policies().titles)


def bundled_packet(name, use, hook=None):
    """The packet of a bundled story."""
    return drawn_up(load(name, TODAY), use, hook)


def named(packet):
    """The ids of the elements on the packet."""
    return {element.id for element in packet.elements}


def wanted_by(name, *parameters):
    """What values of a bundled policy list, verified or not."""
    [policy] = [policy for policy in bundled_policies().policies if policy.id == name]
    return {
        element for parameter in parameters for value in policy.values.get(parameter, ()) for element in value.value
    }
