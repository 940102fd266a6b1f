"""Sign a package id with the project's key, and tell who signed one. Bytes in, bytes out.

The id is the hash of the manifest, the manifest holds the hashes of the files: so one signature covers every byte. It
stands beside the package, in ``signature.json``, since a manifest cannot hold what is made from its own hash.
"""

import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from slipway.errors import BadInput, Corrupt, Refused

SIGNATURE = "signature.json"
_WHAT = b"slipway package "
_ID = re.compile(r"[0-9a-f]{64}")
_ALGORITHM = "ed25519"


def public_key(key: bytes) -> str:
    """Return the public half of a private key, as 64 hex digits: what others need to trust it.

    Args:
        key: 32 secret bytes, such as ``secrets.token_bytes(32)``.

    Raises:
        BadInput: Not 32 bytes.

    Reference:
        RFC 8032, section 7.1, test 1.

    >>> public_key(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
    """
    return _private(key).public_key().public_bytes_raw().hex()


def sign(package: str, *, key: bytes) -> bytes:
    """Return the bytes of ``signature.json`` for a package id; the same for the same id and key.

    Raises:
        BadInput: The id is not 64 hex digits, or the key not 32 bytes.
    """
    signature = _private(key).sign(_message(package))
    return json.dumps(
        {"algorithm": _ALGORITHM, "package": package, "public_key": public_key(key), "signature": signature.hex()},
        indent=2,
        sort_keys=True,
    ).encode()


def verify(signature: bytes, *, package: str, trusted: frozenset[str]) -> str:
    """Return the public key that signed the package, if it is one of those trusted.

    Args:
        signature: The bytes of ``signature.json``.
        package: Id of the package that was loaded.
        trusted: Public keys, 64 hex digits each.

    Raises:
        Corrupt: The bytes are no signature file.
        Refused: It is of another package, by a key that is not trusted, or does not fit.
    """
    claim = _read(signature)
    if claim["package"] != package:
        raise Refused(
            f"signature: want one of package {package[:12]}, got one of {claim['package'][:12]}. Sign this package."
        )
    if claim["public_key"] not in trusted:
        raise Refused(
            f"signature: want one by a trusted key {sorted(k[:12] for k in trusted)}, got one by "
            f"{claim['public_key'][:12]}. Trust that key if you know whose it is."
        )
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(claim["public_key"]))
        key.verify(bytes.fromhex(claim["signature"]), _message(package))
    except (InvalidSignature, ValueError):
        raise Refused(
            f"signature of package {package[:12]}: want one made by {claim['public_key'][:12]}, got one that does not "
            "fit: the package or the signature was changed. Package the model again from its source."
        ) from None
    return claim["public_key"]


def _read(signature: bytes) -> dict[str, str]:
    try:
        claim = json.loads(signature)
    except ValueError as error:
        raise Corrupt(f"{SIGNATURE}: want JSON, got other bytes ({error}).") from None
    names = {"algorithm", "package", "public_key", "signature"}
    plain = isinstance(claim, dict) and claim.keys() == names and all(isinstance(v, str) for v in claim.values())
    if not plain or claim["algorithm"] != _ALGORITHM:
        raise Corrupt(f"{SIGNATURE}: want texts {sorted(names)} with algorithm {_ALGORITHM}, got something else.")
    return {name: str(claim[name]) for name in names}


def _private(key: bytes) -> Ed25519PrivateKey:
    if len(key) != 32:
        raise BadInput(f"signing key: want 32 bytes, got {len(key)}. Make one with secrets.token_bytes(32).")
    return Ed25519PrivateKey.from_private_bytes(key)


def _message(package: str) -> bytes:
    if not _ID.fullmatch(package):
        raise BadInput(f"package: want an id of 64 hex digits, got {package[:80]!r}.")
    return _WHAT + bytes.fromhex(package)
