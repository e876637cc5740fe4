"""What an ArtifactStore may say of keys, and what of it reaches a server."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError
from tests.signing_keys import make_key, public_pem, signing

from tidewheel_contracts.api.v1alpha1.artifact_store import ArtifactStoreSpec
from tidewheel_contracts.api.v1alpha1.signing import PublicKey
from tidewheel_contracts.serving import store_of_servers

KEY = make_key()


def store_with(**spec: object) -> ArtifactStoreSpec:
    return ArtifactStoreSpec.model_validate(
        {"endpoint": "http://s3", "bucket": "data", "secretName": "keys", **spec}
    )


@pytest.mark.parametrize(
    "curve",
    [
        pytest.param(ec.SECP256R1(), id="P-256"),
        pytest.param(ec.SECP384R1(), id="P-384"),
        pytest.param(ec.SECP521R1(), id="P-521"),
    ],
)
def test_every_public_key_of_a_curve_that_serves_is_taken(curve: ec.EllipticCurve) -> None:
    for _ in range(20):
        pem = public_pem(make_key(curve))
        assert PublicKey(name="key", pem=pem).pem == pem
        assert PublicKey(name="key", pem=pem.rstrip("\n")).pem == pem.rstrip("\n")


def rsa_public_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(rsa_public_key(), id="RSA"),
        pytest.param(public_pem(make_key(ec.SECP256K1())), id="another curve"),
        pytest.param(public_pem(KEY).replace("PUBLIC", "PRIVATE"), id="called private"),
        pytest.param(public_pem(KEY) * 2, id="two in one"),
        pytest.param("ssh-ecdsa AAAA", id="another form"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_public_key_of_these_curves_is_refused(pem: str) -> None:
    with pytest.raises(ValidationError, match="pem"):
        PublicKey(name="key", pem=pem)


def test_a_server_knows_the_keys_only_where_models_must_be_signed() -> None:
    signs = store_with(signing=signing(KEY, secretName="signing-key"))
    demands = store_with(signing=signing(KEY, secretName="signing-key", required=True))

    assert store_of_servers(signs, "ml").spec == store_with()
    assert store_of_servers(demands, "ml").spec == store_with(signing=signing(KEY, required=True))
    assert store_of_servers(store_with(), "ml").spec == store_with()
