"""Two people publish at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine

from cueline.campaigns.document import parse
from cueline.publishing.apply import apply
from cueline.publishing.export import export
from cueline.store import workspaces
from cueline.store.session import reading, writing

RULE = {"key": "a", "kind": "rule", "trigger": {"action": "A"}, "do": [{"tag": {"add": ["x"]}}]}


def test_one_document_applied_by_many_at_once_is_created_once(engine: Engine) -> None:
    with writing(engine) as connection:
        home = workspaces.create(connection, name="w", now_ms=1, identity_mode="off", origins=["*"]).id
    document = parse({"campaigns": [RULE], "actions": [{"name": "A"}]}).document
    barrier = Barrier(4)

    def publish(now_ms: int) -> list[str]:
        barrier.wait()
        with writing(engine) as connection:
            return [change.what for change in apply(connection, home, document, now_ms=now_ms).changes]

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(publish, range(4)))
    assert sorted(done) == [["created", "created"], *[["unchanged", "unchanged"]] * 3]
    with reading(engine) as connection:
        assert export(connection, home) == document
        workspace = workspaces.by_id(connection, home)
    assert workspace is not None
    assert workspace.revision == 2
