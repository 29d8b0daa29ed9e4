"""The paragraph on medical necessity says what was measured, in plain sentences, and nothing else."""

from cds_service.domain.packet import PacketUse
from cds_service.domain.program_timeline import Trend
from tests.packets.drawn_up import COURSE, bundled_packet, drawn_up, story_of


def renewal(tmp_path, text):
    return drawn_up(story_of(tmp_path, text), PacketUse.RENEWAL)


def test_it_tells_start_now_and_goal():
    packet = bundled_packet("texas-hardening-pt-pta", PacketUse.RENEWAL)

    assert packet.necessity.text == (
        "Texana Placeholder takes part in work hardening after an injury on Dec 16, 2025 (Strain of the right rotator "
        "cuff). 9 visits took place from Mar 2 to Mar 16, 36 hours in all. Floor-to-waist lift improved from 15 lb on "
        "Feb 28 to 28 lb on Mar 13. The goal is 40 lb by Apr 11. Asked for: 8 visits of 4 h, 4 a week, from Apr 12 to "
        "Apr 25."
    )
    assert "A clinician reads and edits it before it is sent." in packet.necessity.edit_first
    assert "" == packet.necessity.missing


def test_what_got_worse_is_said(tmp_path):
    packet = renewal(tmp_path, COURSE.replace("value: 28", "value: 9"))

    assert Trend.WORSE is packet.necessity.courses[0].trend
    assert "went from 15 lb" in packet.necessity.text
    assert "say why more of the program is needed" in packet.necessity.missing


def test_a_goal_that_is_reached_is_said(tmp_path):
    assert "The goal of 40 lb is reached." in renewal(tmp_path, COURSE.replace("value: 28", "value: 41")).necessity.text


def test_a_tool_where_lower_is_better_improves_downwards(tmp_path):
    oswestry = (
        COURSE.replace("tool: lift, value: 15", "tool: ODI, value: 52").replace(
            "tool: lift, value: 28", "tool: ODI, value: 30"
        )
    )  # fmt: skip
    assert Trend.BETTER is renewal(tmp_path, oswestry).necessity.courses[0].trend


def test_without_a_measurement_nothing_is_made_up(tmp_path):
    text = COURSE.partition("assessments:")[0]
    packet = renewal(tmp_path, text)

    assert () == packet.necessity.courses
    assert "improved" not in packet.necessity.text
    assert "measure with an objective tool" in packet.by_id["medical-necessity"].missing


def test_a_result_of_another_injury_is_left_out_and_said(tmp_path):
    of_the_knee = """
resources:
  - resourceType: Observation
    id: knee
    status: final
    category: [{coding: [{system: "http://terminology.hl7.org/CodeSystem/observation-category", code: exam}]}]
    code: {text: Grip strength}
    subject: {reference: Patient/worker}
    focus: [{reference: Condition/another}]
    effectiveDateTime: "2026-03-12T08:00:00-06:00"
    valueQuantity: {value: 80, unit: lb}
"""
    packet = renewal(tmp_path, "patient: {id: worker}\n" + COURSE + of_the_knee)

    assert ["Floor-to-waist lift"] == [course.tool for course in packet.necessity.courses]
    assert any(notice.startswith("1 result of another injury left out") for notice in packet.notices)
    assert "80" not in packet.necessity.text
