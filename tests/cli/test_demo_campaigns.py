from pathlib import Path

from sqlalchemy import Engine, select

from cueline.cli.demo_campaigns import apply_demo_campaigns, document_text
from cueline.store import workspaces
from cueline.store.session import writing
from cueline.store.tables import campaigns

EXAMPLE = Path(__file__).parents[2] / "examples/campaigns/first-light.yaml"


def test_the_packaged_campaigns_are_those_of_the_example() -> None:
    assert document_text() == EXAMPLE.read_text(), "copy the example to backend/cueline/static/demo-campaigns.yaml"


def test_they_apply_to_a_fresh_workspace_and_are_active(engine: Engine) -> None:
    with writing(engine) as connection:
        made = workspaces.create(connection, name="w", now_ms=1, identity_mode="off", origins=["*"])
        apply_demo_campaigns(connection, made.id, now_ms=1)
        states = connection.scalars(select(campaigns.c.state)).all()
    assert len(states) >= 3
    assert set(states) == {"active"}
