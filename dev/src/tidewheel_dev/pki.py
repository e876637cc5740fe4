"""Make the keys and certificates of a cluster; pure but for `write`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import oid

__all__ = ["Identity", "files", "identities", "is_complete", "write"]

_VALID = dt.timedelta(days=3650)
# Clocks of virtual machines jump; a certificate must not come from the future.
_CLOCK_SKEW = dt.timedelta(days=1)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """Who a certificate speaks for: a user of the API, or a server with its names."""

    common_name: str
    organization: str | None = None
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def identities(*, node_name: str, node_ip: str, api_service_ip: str) -> dict[str, Identity]:
    """Return every certificate of the cluster that its CA signs, by file name."""
    kubernetes = ["kubernetes", "default", "svc", "cluster", "local"]
    names = tuple(".".join(kubernetes[:length]) for length in (1, 2, 3, 5))
    return {
        "apiserver": Identity(
            "kube-apiserver",
            dns_names=("localhost", *names),
            addresses=("127.0.0.1", api_service_ip, node_ip),
        ),
        "kubelet-server": Identity(
            f"system:node:{node_name}", dns_names=(node_name,), addresses=(node_ip, "127.0.0.1")
        ),
        "admin": Identity("tidewheel-admin", "system:masters"),
        "apiserver-kubelet-client": Identity("kube-apiserver-kubelet-client", "system:masters"),
        "controller-manager": Identity("system:kube-controller-manager"),
        "scheduler": Identity("system:kube-scheduler"),
        "proxy": Identity("system:kube-proxy"),
        "kubelet": Identity(f"system:node:{node_name}", "system:nodes"),
        "coredns": Identity("system:coredns"),
        "front-proxy-client": Identity("front-proxy-client"),
    }


def files(wanted: Mapping[str, Identity], now: dt.datetime) -> dict[str, bytes]:
    """Return the content of every key and certificate file, by file name."""
    ca_key, ca = _authority("tidewheel-ca", now)
    service_account = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    content = {
        "ca.crt": _certificate_pem(ca),
        "ca.key": _key_pem(ca_key),
        "service-account.key": _key_pem(service_account),
        "service-account.pub": service_account.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    }
    for name, identity in wanted.items():
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(identity, key, ca, ca_key, now)
        content |= {f"{name}.crt": _certificate_pem(certificate), f"{name}.key": _key_pem(key)}
    return content


def is_complete(folder: Path, wanted: Mapping[str, Identity], now: dt.datetime) -> bool:
    """Say whether `folder` holds usable certificates for exactly these identities."""
    try:
        ca = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        found = {
            name: x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
            for name in wanted
        }
    except (OSError, ValueError):
        return False
    return ca.not_valid_after_utc > now and all(
        _alternative_names(found[name]) == _names(identity)
        and found[name].subject == _subject(identity)
        for name, identity in wanted.items()
    )


def write(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write the files so that only this user can read them; the CA comes last, as the proof."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in sorted(content, key=lambda name: name == "ca.crt"):
        file = folder / name
        file.write_bytes(content[name])
        file.chmod(0o600)


def _authority(name: str, now: dt.datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(Identity(name))
    usage = _key_usage(signs_certificates=True)
    certificate = (
        _builder(subject, subject, key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _signed(
    identity: Identity,
    key: PrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
) -> x509.Certificate:
    names = _names(identity)
    purpose = oid.ExtendedKeyUsageOID.SERVER_AUTH if names else oid.ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_subject(identity), ca.subject, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(ca_key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID)
    )


def _subject(identity: Identity) -> x509.Name:
    attributes = [x509.NameAttribute(oid.NameOID.COMMON_NAME, identity.common_name)]
    if identity.organization:
        attributes.insert(
            0, x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, identity.organization)
        )
    return x509.Name(attributes)


def _names(identity: Identity) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in identity.dns_names),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in identity.addresses),
    ]


def _alternative_names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return list(extension.value)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
