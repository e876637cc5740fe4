"""A certificate is read again when its files have changed, and only as a pair."""

import shutil
from pathlib import Path

import pytest
from tests.servers import certificates

from tidewheel_server.http.certificate import (
    CertificateError,
    CertificateFiles,
    Pem,
    ServerCertificate,
)


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    return made(tmp_path / "first")


def made(folder: Path) -> CertificateFiles:
    folder.mkdir()
    pair = certificates.make(folder)
    return CertificateFiles(pair.certificate, pair.key)


def pem_of(files: CertificateFiles) -> Pem:
    return Pem(files.certificate.read_bytes(), files.key.read_bytes())


def test_files_that_stay_are_not_read_again(files: CertificateFiles) -> None:
    certificate = ServerCertificate(files)

    assert certificate.reload_if_changed() is False
    assert certificate.pem == pem_of(files)


def test_half_a_change_waits_for_the_other_half(files: CertificateFiles, tmp_path: Path) -> None:
    certificate = ServerCertificate(files)
    before, other = pem_of(files), made(tmp_path / "second")

    shutil.copy(other.certificate, files.certificate)
    with pytest.raises(CertificateError, match="are no pair for TLS"):
        certificate.reload_if_changed()
    assert (certificate.reload_if_changed(), certificate.pem) == (False, before)

    shutil.copy(other.key, files.key)
    assert (certificate.reload_if_changed(), certificate.pem) == (True, pem_of(other))


def test_file_that_is_gone_changes_nothing(files: CertificateFiles) -> None:
    certificate = ServerCertificate(files)
    before = certificate.pem
    files.key.unlink()

    with pytest.raises(CertificateError, match="are no pair for TLS"):
        certificate.reload_if_changed()
    assert (certificate.reload_if_changed(), certificate.pem) == (False, before)


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="are no pair for TLS"):
        ServerCertificate(CertificateFiles(tmp_path / "a", tmp_path / "b"))
