"""The certificate that the app for phones makes for itself."""

from __future__ import annotations

import datetime
import hashlib
import ssl
import stat

import pytest

pytest.importorskip("cryptography")

from cryptography import x509
from fitlab_widgets.certificate import write_certificate


def test_it_is_for_the_address_and_a_few_days_and_its_key_is_private(tmp_path):
    certificate, key, fingerprint = write_certificate(tmp_path, "192.168.1.20")
    known = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.20"]
    assert known.not_valid_after_utc - known.not_valid_before_utc <= datetime.timedelta(days=8)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    assert fingerprint.replace(":", "").lower() == hashlib.sha256(der).hexdigest()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_every_start_has_another_one(tmp_path):
    first = write_certificate(tmp_path, "192.168.1.20")[2]
    assert write_certificate(tmp_path, "192.168.1.20")[2] != first
