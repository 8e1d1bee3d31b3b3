import json
import logging

import pytest

from cueline import events
from cueline.deliveries.outcomes import OVERDUE_MS, report_unreported
from cueline.streams.entry import decode, encode
from tests.deliveries.rows import House


def test_an_outcome_goes_in_at_the_door_as_an_event_of_ours(house: House) -> None:
    delivery = house.delivery(ext_id="42", hops=2)
    house.work()
    (entry,) = house.reported
    assert (entry.type, entry.eid, entry.sender, entry.source) == ("email_kept", f"kept:{delivery}", "sys", "system")
    assert (entry.user_ext_id, entry.visitor_id, entry.verified, entry.hops) == ("42", None, True, 3)
    assert (entry.workspace_id, entry.at_ms) == (house.workspace_id, house.clock.now_ms())
    payload = {"delivery_id": str(delivery), "template": "hello", "campaign": "welcome", "reason": "no_smtp"}
    assert json.loads(bytes(entry.payload)) == payload
    assert decode(encode(entry)).eid == entry.eid
    assert house.row(delivery).reported_ms == house.clock.now_ms()


def test_every_outcome_type_is_one_that_both_doors_refuse_from_outside(house: House) -> None:
    house.delivery()
    house.delivery(properties={})
    house.delivery(template="gone")
    house.work()
    assert {entry.type for entry in house.reported} == {"email_kept", "email_skipped", "email_failed"}
    assert {entry.type for entry in house.reported} <= events.OUTCOMES


def test_an_outcome_tells_the_reasons_code_and_not_the_words_with_the_address(house: House) -> None:
    house.delivery(properties={"email": "ada@x, bob@y"})
    house.work()
    assert json.loads(bytes(house.reported[0].payload))["reason"] == "bad_address"


def test_beyond_8_hops_an_outcome_is_dropped_visibly(house: House, caplog: pytest.LogCaptureFixture) -> None:
    last, beyond = house.delivery(hops=7), house.delivery(hops=8)
    with caplog.at_level(logging.WARNING):
        house.work()
    assert [entry.eid for entry in house.reported] == [f"kept:{last}"]
    assert ("outcomes_dropped_total", {"reason": "hops"}) in house.counted
    assert f"outcome dropped: more than 8 hops delivery={beyond}" in caplog.text
    house.clock.advance(OVERDUE_MS)
    assert report_unreported(house.engine, clock=house.clock, report=house.reported.extend) == 0


def test_the_sweep_leaves_what_was_closed_a_moment_ago_to_its_closer(house: House) -> None:
    house.delivery(state="sent", closed_ms=house.clock.now_ms())
    house.clock.advance(OVERDUE_MS - 1)
    assert report_unreported(house.engine, clock=house.clock, report=house.reported.extend) == 0
    house.clock.advance(1)
    assert report_unreported(house.engine, clock=house.clock, report=house.reported.extend) == 1


def test_what_is_tried_again_reports_nothing_yet(house: House) -> None:
    house.delivery(due_ms=house.clock.now_ms() + 5)
    house.work()
    assert house.reported == []
