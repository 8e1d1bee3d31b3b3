from tests.api.house import House

PATH = "/api/v1/deliveries"


def test_a_delivery_shows_everything_about_it(house: House) -> None:
    user, campaign = house.rows.user("42"), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    run = house.rows.run(campaign, user, event)
    id_ = house.rows.delivery(run, user, event)
    assert house.api.items(PATH) == [
        {
            "id": str(id_),
            "user_ext_id": "42",
            "campaign": "hello",
            "template": "hello",
            "channel": "email",
            "state": "kept",
            "reason": "no_smtp",
            "to": "ada@shop.example",
            "subject": "Hello",
            "html": "<p>Hello</p>",
            "text": "Hello",
            "attempts": 1,
            "event_id": str(event),
            "run_id": str(run),
            "created_at": "2025-11-23T09:26:40.000Z",
            "closed_at": "2025-11-23T09:26:40.000Z",
        }
    ]


def test_user_and_state_keep_only_theirs(house: House) -> None:
    campaign = house.rows.campaign("hello")
    found = {}
    for ext_id, state in (("42", "sent"), ("42", "failed"), ("7", "sent")):
        user = house.rows.user(f"{ext_id}-{state}")
        event = house.rows.event(user_id=user)
        found[ext_id, state] = house.rows.delivery(house.rows.run(campaign, user, event), user, event, state=state)
    assert [row["state"] for row in house.api.items(f"{PATH}?state=failed")] == ["failed"]
    assert [row["id"] for row in house.api.items(f"{PATH}?user=7-sent")] == [str(found["7", "sent"])]
    assert house.api.items(f"{PATH}?user=7-sent&state=failed") == []


def test_the_pages_hold_every_delivery_once(house: House) -> None:
    user, campaign = house.rows.user(), house.rows.campaign("hello")
    event = house.rows.event(user_id=user)
    run = house.rows.run(campaign, user, event)
    wanted = [str(house.rows.delivery(run, user, event)) for _ in range(5)]
    found = []
    for items in house.api.walk(PATH, limit=2):
        found += [row["id"] for row in items]
        house.rows.delivery(run, user, event)
    assert found == wanted[::-1]
