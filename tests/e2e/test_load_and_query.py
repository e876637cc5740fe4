"""What a run published is loaded by the serving image and asked before it becomes a version."""

from tests.e2e.lab import Lab, condition, start_run, training, verdict_of

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec

# No node has as much, so the Job that asks the serving image waits.
_TOO_MUCH = {"resources": {"cpuMilli": 200_000}}


def _gate(result: dict[str, object]) -> dict[str, object]:
    tests = result["gate"]
    assert isinstance(tests, list)
    last: dict[str, object] = tests[-1]
    return last


def test_serving_image_answers_as_the_fit_did(shop: Lab) -> None:
    start_run(shop, "good", training())

    last = _gate(verdict_of(shop, "good", "Registered"))

    assert (last["name"], last["result"]) == ("LoadAndQuery", "Passed")
    assert str(last["message"]).startswith("200 test rows answered as by the fit; loaded in ")
    [version] = shop.list("modelversion")
    assert "sha256:" in version["spec"]["images"]["server"]


def test_model_that_was_changed_after_publishing_is_no_version(shop: Lab) -> None:
    spec = ModelDeploymentSpec.model_validate({"modelName": "buyer", **_TOO_MUCH})
    shop.create("ModelDeployment", "buyer", spec)
    start_run(shop, "damaged", training())
    shop.wait_ready("trainingrun", "damaged", ["Unschedulable"])
    run = shop.get("trainingrun", "damaged") or {}
    assert run["status"]["stage"] == "Verifying"

    manifest_key = run["status"]["result"]["artifact"]["manifestKey"]
    shop.bucket.put(manifest_key.replace("manifest.json", "model.skops"), b"other bytes")
    shop.run(
        "patch", "modeldeployment", "buyer", "--type=merge", "-p", '{"spec":{"resources":null}}'
    )
    # Somebody deletes the Job that waits; the next one asks for what the deployment asks for now.
    shop.run("delete", "job", run["status"]["check"]["jobName"])

    result = verdict_of(shop, "damaged", "Refused")
    last = _gate(result)
    assert (result["verdictReason"], last["result"]) == ("LoadAndQueryFailed", "Failed")
    assert "model.skops" in str(last["message"])
    assert "model.skops" in condition(shop.get("trainingrun", "damaged"), "Complete")["message"]
    assert shop.list("modelversion") == []
