"""Secrets at rest: settings that must be read again, encrypted with a key beside the data or from outside."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from dohyo.access.problems import AccessRefused

KEY_FILE = "secret.key"
KEY_VARIABLE = "DOHYO_SECRET_KEY"


class SecretBox:
    """Encrypts and decrypts short texts.

    The key is `DOHYO_SECRET_KEY` where it is set (several, newest first, separated by commas, while keys are
    changed), else the file `secret.key` in the data directory, made with mode 0600 at first use.
    """

    def __init__(self, data_dir: Path) -> None:
        text = os.environ.get(KEY_VARIABLE) or _key_of_file(Path(data_dir) / KEY_FILE)
        try:
            self._box = MultiFernet([Fernet(key.strip()) for key in text.split(",")])
        except ValueError as error:
            raise AccessRefused(
                "secret-key",
                "the key for stored secrets is not 32 bytes in URL-safe base64",
                f"it comes from {KEY_VARIABLE} or from {KEY_FILE} in the data directory",
            ) from error

    def encrypt(self, secret: str) -> str:
        """Text to store; differs every time."""
        return self._box.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """The secret again; `secret-unreadable` where it was encrypted with another key."""
        try:
            return self._box.decrypt(ciphertext.encode()).decode()
        except InvalidToken as error:
            raise AccessRefused(
                "secret-unreadable",
                "a stored secret was encrypted with another key",
                f"bring back the old {KEY_FILE} or set the secret again",
            ) from error


def _key_of_file(path: Path) -> str:
    """The key in the file, made whole or not at all: of two processes the first one's key counts."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
