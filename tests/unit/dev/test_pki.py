"""Certificates speak for the right names and are made anew only when they must be."""

import dataclasses
import datetime as dt
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import oid

from tidewheel_dev import pki

_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_WANTED = pki.identities(node_name="one", node_ip="10.89.0.1", api_service_ip="10.96.0.1")


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    return pki.files(_WANTED, _NOW)


def test_api_server_is_known_by_every_name_that_clients_use(content: dict[str, bytes]) -> None:
    names = _certificate(content, "apiserver").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == [
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ]
    assert names.value.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address(address) for address in ("127.0.0.1", "10.96.0.1", "10.89.0.1")
    ]


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("admin", "CN=tidewheel-admin,O=system:masters"),
        ("controller-manager", "CN=system:kube-controller-manager"),
        ("scheduler", "CN=system:kube-scheduler"),
        ("proxy", "CN=system:kube-proxy"),
        ("kubelet", "CN=system:node:one,O=system:nodes"),
        ("coredns", "CN=system:coredns"),
        ("front-proxy-client", "CN=front-proxy-client"),
    ],
)
def test_client_is_the_user_that_its_rights_are_bound_to(
    name: str, subject: str, content: dict[str, bytes]
) -> None:
    certificate = _certificate(content, name)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert certificate.subject.rfc4514_string() == subject
    assert list(usage) == [oid.ExtendedKeyUsageOID.CLIENT_AUTH]


def test_every_certificate_is_signed_by_the_authority(content: dict[str, bytes]) -> None:
    ca = _certificate(content, "ca")
    for name in _WANTED:
        _certificate(content, name).verify_directly_issued_by(ca)


def test_written_files_are_complete_and_private(tmp_path: Path, content: dict[str, bytes]) -> None:
    pki.write(tmp_path / "pki", content)
    assert pki.is_complete(tmp_path / "pki", _WANTED, _NOW)
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "pki").iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize("lost", ["ca.crt", "kubelet.crt"])
def test_lost_file_makes_them_incomplete(
    lost: str, tmp_path: Path, content: dict[str, bytes]
) -> None:
    pki.write(tmp_path, content)
    (tmp_path / lost).unlink()
    assert not pki.is_complete(tmp_path, _WANTED, _NOW)


def test_other_names_or_a_past_date_make_them_incomplete(
    tmp_path: Path, content: dict[str, bytes]
) -> None:
    pki.write(tmp_path, content)
    moved = dataclasses.replace(_WANTED["apiserver"], addresses=("127.0.0.1", "10.0.0.1"))
    assert not pki.is_complete(tmp_path, _WANTED | {"apiserver": moved}, _NOW)
    assert not pki.is_complete(tmp_path, _WANTED, _NOW + dt.timedelta(days=3651))


def _certificate(content: dict[str, bytes], name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(content[f"{name}.crt"])
