"""wss:// addresses."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import numpy as np
import pytest

import myoserve
from fake_server import ACT, FakeServer

SUBJECT = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    pem = tmp_path / "pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *SUBJECT]
    subprocess.run([*command, "-keyout", pem, "-out", tmp_path / "cert"], check=True, capture_output=True)
    with pem.open("a") as file:
        file.write((tmp_path / "cert").read_text())
    return pem


def test_encrypted_link(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = FakeServer(context)
    try:
        with pytest.raises(myoserve.MyoServeError, match="UNAVAILABLE"):
            myoserve.list_envs(server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert")))
        rows = 4000
        envs = myoserve.MyoServeVectorEnv("fake-v0", num_envs=rows, url=server.url)
        envs.reset(seed=0)
        for step in range(1, 4):
            # Replies of several TLS records.
            obs = envs.step(np.zeros((rows, ACT), np.float32))[0]
            assert (obs == step).all()
            if step == 2:
                server.cut()
        envs.close()
    finally:
        server.close()
