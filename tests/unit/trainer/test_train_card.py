"""The card of a model, from its spec to the files beside the model."""

import json
from typing import Any

from tests.unit.trainer.trainings import FOLDER, Train, columns_of

CARD = {
    "purpose": "to warn passengers",
    "limitations": "flights from New York",
    "ethics": "a wrong warning costs an hour",
    "licence": "Apache-2.0",
    "owner": "team delays",
    "contact": "delays@example.com",
}


def test_card_is_in_lineage_page_and_summary_and_changes_no_byte_of_the_model(
    store: Any, snapshot: Any, trained: Train
) -> None:
    rows = snapshot(columns_of(0, 20))

    trained(rows, uid="uid-1", card=CARD)
    trained(rows, uid="uid-2")

    def file(uid: str, name: str) -> bytes:
        found: bytes = store.objects[f"{FOLDER}/{uid}/{name}"]
        return found

    assert json.loads(file("uid-1", "lineage.json"))["training"]["card"] == CARD
    page, summary = file("uid-1", "report.html").decode(), file("uid-1", "report.md").decode()
    for name, words in CARD.items():
        assert f"<dt>{name.capitalize()}</dt><dd><bdi>{words}</bdi></dd>" in page
        assert f"- {name.capitalize()}: {words}\n" in summary
    assert file("uid-1", "model.skops") == file("uid-2", "model.skops")
    assert "What to know before use" not in file("uid-2", "report.html").decode()
