"""A namespace that demands signed models: a signed version serves, an unsigned one says why not."""

import json

from tests.e2e.lab import Lab, start_run, training, verdict_of, wait_champion
from tests.signing_keys import make_key, private_pem, public_pem, signing

from tidewheel_contracts.api.v1alpha1.model_deployment import ModelDeploymentSpec
from tidewheel_contracts.artifact.signature import key_hint


def _sign_from_now_on(lab: Lab, **spec: object) -> None:
    patch = json.dumps({"spec": {"signing": spec}})
    lab.run("patch", "artifactstore", "default", "--type=merge", "-p", patch)


def _signing_key(lab: Lab, name: str) -> str:
    version = lab.get("modelversion", name)
    assert version is not None
    key: str = version["spec"]["artifact"].get("signingKey", "")
    return key


def test_only_a_signed_version_serves_where_models_must_be_signed(shop: Lab) -> None:
    start_run(shop, "unsigned", training())
    verdict_of(shop, "unsigned", "Registered")
    key, other = make_key(), make_key()
    demanded = signing(key, secretName="model-signing", required=True)
    _sign_from_now_on(shop, **demanded)

    shop.create("ModelDeployment", "buyer", ModelDeploymentSpec(model_name="buyer"))

    said = shop.wait_ready("modeldeployment", "buyer", ["SignatureMissing"])
    assert "/models/buyer/" in said["message"]
    assert "' is not signed: there is no model.sig, and only signed models" in said["message"]
    assert "train it anew with `signing.secretName` set" in said["message"]

    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "model-signing"},
        "stringData": {"privateKey": private_pem(other).decode()},
    }
    shop.create_object(secret)
    start_run(shop, "other-key", training())
    failed = shop.wait_ready("trainingrun", "other-key", ["SigningKeyInvalid"])
    assert "belongs to none of `signing.publicKeys` ('key-1')" in failed["message"]

    content = json.dumps({"stringData": {"privateKey": private_pem(key).decode()}})
    shop.run("patch", "secret", "model-signing", "--type=merge", "-p", content)
    start_run(shop, "signed", training())
    verdict_of(shop, "signed", "Registered")
    wait_champion(shop, 2)
    fingerprint = key_hint(public_pem(key).encode())[:16]
    assert (_signing_key(shop, "buyer-v1"), _signing_key(shop, "buyer-v2")) == ("", fingerprint)
    assert fingerprint in shop.run("get", "mv", "buyer-v2")
