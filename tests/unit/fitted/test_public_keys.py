"""Whose signatures count: a key is one, and it made the signature."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.signing_keys import make_key, public_pem

from tidewheel_fitted.public_keys import has_signed, hash_of, public_key_of

_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


@pytest.mark.parametrize("curve", list(_CURVES))
def test_a_signature_is_of_the_key_that_made_it_and_of_no_other(curve: str) -> None:
    private, other = make_key(_CURVES[curve]), make_key(_CURVES[curve])
    listed = public_key_of(public_pem(private))
    signature = private.sign(b"model", ec.ECDSA(hash_of(listed)))

    assert has_signed(listed, signature, b"model")
    assert not has_signed(listed, signature, b"models")
    assert not has_signed(other.public_key(), signature, b"model")


def test_what_only_looks_like_a_key_is_refused() -> None:
    middle = len(good := public_pem(make_key())) // 2

    with pytest.raises(ValueError, match=r"is no public key of P-256, P-384 or P-521; copy it"):
        public_key_of(good[:middle] + "A" * 40 + good[middle:])
