"""What Helm is given: images of this checkout, a token that stays, and a reason to start anew."""

import json

from tidewheel_dev.demo.install import chart_values, token_file


def test_a_first_token_is_long_and_reaches_the_namespaces_asked_for() -> None:
    [entry] = json.loads(token_file(None, ["demo"]))["tokens"]
    assert len(entry["token"]) >= 32
    assert entry["namespaces"] == ["demo"]


def test_a_known_token_stays_and_keeps_its_namespaces() -> None:
    known = '{"tokens": [{"token": "sixteen-or-more-characters", "namespaces": ["other"]}]}'
    assert json.loads(token_file(known, ["demo"])) == {
        "tokens": [{"token": "sixteen-or-more-characters", "namespaces": ["demo", "other"]}]
    }
    again = token_file(known, ["demo"])
    assert token_file(again, ["demo"]) == again


def test_new_images_or_tokens_start_the_operator_anew() -> None:
    def annotations(images: list[str], tokens: str) -> object:
        return chart_values(images, tokens)["operator"]["podAnnotations"]

    before = annotations(["sha256:1"], "a")
    assert annotations(["sha256:1"], "a") == before
    assert annotations(["sha256:2"], "a") != before
    assert annotations(["sha256:1"], "b") != before


def test_images_are_those_of_this_checkout() -> None:
    values = chart_values([], "a")
    for name in ("operator", "trainer", "server"):
        image = values[name]["image"]
        assert f"{image['registry']}/{image['repository']}:{image['tag']}" == (
            f"localhost/tidewheel-{name}:dev"
        )
