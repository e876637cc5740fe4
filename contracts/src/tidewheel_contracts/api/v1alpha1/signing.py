"""How the models of a namespace are signed, and whether only signed ones are loaded."""

from typing import Annotated

from pydantic import ConfigDict, Field

from tidewheel_contracts.api.model import ApiModel, ObjectName, Words, rules

__all__ = ["SIGNING_KEY_ENTRY", "PublicKey", "Signing"]

# The entry of the Secret that holds the private key.
SIGNING_KEY_ENTRY = "privateKey"

# How the base64 of an uncompressed public key on P-256, P-384 and P-521 begins (RFC 5480): whoever
# gives a key of another kind hears of it at once, not when the first server starts.
_BEGINNINGS = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE",
    "MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQ",
)
_PEM = (
    rf"^-----BEGIN PUBLIC KEY-----\n({'|'.join(_BEGINNINGS)})"
    r"[A-Za-z0-9+/]{1,32}(\n[A-Za-z0-9+/]{1,64}){1,3}={0,2}\n-----END PUBLIC KEY-----\n?$"
)


class PublicKey(ApiModel):
    """A key whose signatures count."""

    name: Annotated[ObjectName, Field(description="Name of the key in messages.")]
    pem: Annotated[
        str,
        Field(
            max_length=1000,
            pattern=_PEM,
            description="The key as PEM, as `openssl ec -pubout` writes it.",
        ),
        Words(
            "must be the PEM of an elliptic curve public key on P-256, P-384 or P-521, as `openssl "
            "ec -in KEY -pubout` writes it"
        ),
    ]


class Signing(ApiModel):
    """Who signs the models of a namespace, and whose signatures count."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.secretName) || has(self.publicKeys) && self.publicKeys.size() > 0",
                "`secretName` must be given to sign models, `publicKeys` to verify them, or both",
            ),
            (
                "!has(self.required) || !self.required || "
                "has(self.publicKeys) && self.publicKeys.size() > 0",
                "`publicKeys` must have at least one key where `required` is true: without it no "
                "signature can be verified",
            ),
        )
    )

    secret_name: Annotated[
        ObjectName | None,
        Field(
            description="Secret with an elliptic curve private key as PEM, without a password, "
            f"under `{SIGNING_KEY_ENTRY}`; mounted only by Jobs that publish models."
        ),
    ] = None
    public_keys: Annotated[
        tuple[PublicKey, ...],
        Field(
            max_length=4,
            description="Keys whose signatures count: two while one replaces the other.",
            json_schema_extra={
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        ),
    ] = ()
    required: Annotated[
        bool, Field(description="Servers and Jobs load only models that such a key has signed.")
    ] = False
