"""Signed versions: by a key of the tests' own. Needs the extra `signing`."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from conftest import mlcap, without

from mlcap.model.registry import Registry
from mlcap.model.signing import signature_of

pytestmark = pytest.mark.slow
signing = pytest.importorskip("model_signing", reason="the extra signing is not installed")


def keys(folder, name, private=None):
    """A pair of keys, (private, public), as PEM."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    private = private or ec.generate_private_key(ec.SECP256R1())
    paths = folder / f"{name}.pem", folder / f"{name}.pub"
    paths[0].write_bytes(private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    paths[1].write_bytes(private.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo))
    return paths


@pytest.fixture
def models(small, tmp_path):
    """A registry of its own."""
    return shutil.copytree(small / "models", tmp_path / "models")


def verify(folder, models, key, code):
    """What `mlcap models verify --signature` says."""
    done = mlcap("models", "verify", "--signature", key, "--models", models, cwd=folder, check=code)
    return done.out + done.err


def test_a_signed_version_is_known_by_its_key(models, tmp_path):
    """By no other, and neither with a file more, a file less nor a byte that differs."""
    private, public = keys(tmp_path, "ours")
    _, others = keys(tmp_path, "others")
    assert "there is no signature of this version" in verify(tmp_path, models, public, 4)
    done = mlcap("models", "sign", "--key", private, "--models", models, cwd=tmp_path, check=0)
    assert "is signed: " in done.err
    assert sorted(p.name for p in models.iterdir() if p.suffix == ".sig") == ["1.sig"]
    assert "is sound and signed" in verify(tmp_path, models, public, 0)
    assert "is not what this key signed" in verify(tmp_path, models, others, 4)
    version = models / "1"
    card = (version / "card.md").read_bytes()
    (version / "more.txt").write_text("more", "utf-8")
    assert "more.txt" in verify(tmp_path, models, public, 4)
    (version / "more.txt").unlink()
    (version / "card.md").unlink()
    assert "card.md" in verify(tmp_path, models, public, 4)
    (version / "card.md").write_bytes(card)
    assert "is sound and signed" in verify(tmp_path, models, public, 0)
    # Other programs that know the form.
    signing.verifying.Config().use_elliptic_key_verifier(public_key=public).verify(version, signature_of(version))


def test_a_signature_is_of_one_version(models, weak, tmp_path):
    """A sound version with the signature of another is not signed, and a signature goes with its version."""
    private, public = keys(tmp_path, "ours")
    mlcap("models", "sign", "--key", private, "--models", models, cwd=tmp_path, check=0)
    Registry(models).publish({p.name: p.read_bytes() for p in (weak / "1").iterdir()})
    shutil.copy(models / "1.sig", models / "2.sig")
    done = mlcap("models", "verify", "2", "--signature", public, "--models", models, cwd=tmp_path, check=4)
    assert "2: is not what this key signed" in done.err
    mlcap("models", "remove", "2", "--models", models, cwd=tmp_path, check=0)
    assert sorted(p.name for p in models.iterdir() if p.suffix == ".sig") == ["1.sig"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 3000, b'{"mediaType": 7}', b"\xff\xfe", b" " * (1 << 20) + b"{}"])
def test_a_broken_signature_is_one_line(models, tmp_path, data):
    """Whatever its bytes are."""
    _, public = keys(tmp_path, "ours")
    (models / "1.sig").write_bytes(data)
    said = verify(tmp_path, models, public, 4)
    assert "is not what this key signed" in said or "is no signature" in said


def test_a_wrong_key_is_said(models, tmp_path):
    """One that is none, of another kind, a public one to sign with, a private one to check with, and none at all."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    private, public = keys(tmp_path, "ours")
    keys(tmp_path, "rsa", rsa.generate_private_key(65537, 2048))
    keys(tmp_path, "ed25519", ed25519.Ed25519PrivateKey.generate())
    (tmp_path / "none.pem").write_text("no key", "utf-8")
    for command, key, said in (
        (("sign", "--key"), "none.pem", "is no private key that can sign"),
        (("sign", "--key"), "rsa.pem", "is no private key that can sign, as it is no elliptic-curve key"),
        (("sign", "--key"), "ed25519.pem", "is no private key that can sign, as it is no elliptic-curve key"),
        (("verify", "--signature"), "rsa.pub", "is no public key of a signature, as it is no elliptic-curve key"),
        (("sign", "--key"), public, "is no private key that can sign"),
        (("sign", "--key"), "nowhere.pem", "there is no such key"),
        (("verify", "--signature"), private, "is no public key of a signature"),
    ):
        done = mlcap("models", *command, key, "--models", models, cwd=tmp_path, check=2)
        assert said in done.err
    assert not (models / "1.sig").exists()


def test_a_missing_extra_is_named(models, tmp_path):
    """One line says what to install."""
    private, _ = keys(tmp_path, "ours")
    done = subprocess.run(
        [sys.executable, "-m", "mlcap", "models", "sign", "--key", private, "--models", models],
        env=without("model_signing", tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'mlcap[signing]'" in done.stderr
