"""A certificate for HTTPS, made by this computer for one address and a week."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from fitlab.extras import missing

_DAYS = 7


def write_certificate(folder: Path, address: str) -> tuple[Path, Path, str]:
    """Make a key and a certificate that it signs itself.

    Parameters
    ----------
    folder
        Where both are put.
    address
        Such as 192.168.1.20; localhost is added.

    Returns
    -------
    certificate, key : Path
        PEM files; the key can be read by the user alone.
    fingerprint : str
        SHA-256 of the certificate, as browsers show it.

    Raises
    ------
    ImportError
        With the command that installs cryptography.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as error:
        raise missing("phone", "the app for phones needs segno and cryptography") from error
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fitlab on this computer")])
    now = datetime.datetime.now(datetime.UTC)
    places = [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # for phones whose clock is behind
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].touch(0o600)
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return *files, certificate.fingerprint(hashes.SHA256()).hex(":").upper()
