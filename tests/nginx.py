"""A real nginx with the configuration in deploy/."""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.running_site import ROOT, TIMEOUT, free_port


@contextlib.contextmanager
def running_nginx(folder: Path, upstream_ports: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Start nginx in front of these ports; yield its address and that of the server that redirects to HTTPS.

    It writes its logs to `folder`.
    """
    port, plain_port = free_port(), free_port()
    configuration = folder / "nginx.conf"
    # The workers of root's nginx would run as another user, who cannot read the folders of tests.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(
        f"""
        {user}
        daemon off;
        pid {folder}/pid;
        error_log {folder}/error.log;
        worker_processes 1;
        events {{ worker_connections 256; }}
        http {{
            access_log {folder}/default.log;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            {_shipped_configuration(folder, port, plain_port, upstream_ports)}
        }}
        """
    )
    process = subprocess.Popen(
        [shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(configuration), "-p", str(folder)],
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{plain_port}"
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT)


def _shipped_configuration(folder: Path, port: int, plain_port: int, upstream_ports: Sequence[int]) -> str:
    """Return `deploy/nginx.conf` with the certificate, ports and folder of a test."""
    server = "server 127.0.0.1:{port} max_fails=1 fail_timeout={wait};"
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    certificate, key = _make_certificate(folder)
    for original, replacement in {
        server.format(port=8000, wait="5s"): "\n".join(
            server.format(port=upstream, wait="1s") for upstream in upstream_ports
        ),
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        # The tests also send requests without HTTPS.
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port}; listen 127.0.0.1:{free_port()} ssl http2;",
        "/etc/ssl/www.example.org/fullchain.pem": str(certificate),
        "/etc/ssl/www.example.org/privkey.pem": str(key),
        "/var/log/nginx": str(folder),
        "/var/cache/nginx-sendiass": f"{folder}/cache",
    }.items():
        assert original in text
        text = text.replace(original, replacement)
    return text


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "www.example.org")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(secret)
    return folder / "fullchain.pem", folder / "privkey.pem"
