"""Who signed a package, whether that is one whom the scope trusts, and a new signature where one is wanted."""

from pathlib import Path

from slipway.errors import NotFound, Refused
from slipway.modeling.signing import public_key, sign, verify
from slipway.ports import Change
from slipway.records.model import PackageSignature
from slipway.runtime.package import load_manifest
from slipway.storage.secret_key import read_key, secret_key
from slipway.wiring import Parts


def trusted_keys(parts: Parts) -> frozenset[str]:
    """Return the public keys that a package may be signed with: those of the scope, else this project's own."""
    stated = parts.scope.modeling.trusted_keys
    return frozenset(stated or (public_key(secret_key(parts.layout.signing_key)),))


def signer_of(parts: Parts, package: str) -> str:
    """Return the public key that signed a package.

    Raises:
        Refused: Nobody signed it, a key that is not trusted did, or the signature does not fit.
        Corrupt: The signature is not what was stored.
    """
    try:
        signature, _ = parts.store.get(PackageSignature, id=package)
    except NotFound:
        raise Refused(
            f"package {package[:12]}: want a signature, got none. Sign it with 'slipway model sign {package[:12]}'."
        ) from None
    return verify(parts.blobs.get(signature.file), package=package, trusted=trusted_keys(parts))


def check_trusted(parts: Parts, package: str) -> None:
    """Refuse a package that may not answer anybody: one signed by nobody whom the scope trusts.

    A scope without ``model.trusted_keys`` asks for no signature.

    Raises:
        Refused: The scope names trusted keys, and none of them signed the package.
        Corrupt: The signature is not what was stored.
    """
    if parts.scope.modeling.trusted_keys:
        signer_of(parts, package)


def own_key(parts: Parts, file: Path | None) -> str:
    """Return the public half of the key in a file, or of this project's own key."""
    return public_key(_key(parts, file))


def sign_again(parts: Parts, package: str, *, key: Path | None, by: str) -> str:
    """Sign a package in the place of whoever signed it before, and return the public key.

    Args:
        parts: The project.
        package: Its id.
        key: File of 32 secret bytes; None takes this project's own key.
        by: Whom the audit trail names.

    Raises:
        NotFound: No such package, or no such file.
        Corrupt: The file holds no key.
    """
    load_manifest(parts.blobs, package)
    secret = _key(parts, key)
    signer = public_key(secret)
    file = parts.blobs.put(sign(package, key=secret))
    signature = PackageSignature(package=package, public_key=signer, file=file)
    try:
        _, version = parts.store.get(PackageSignature, id=package)
    except NotFound:
        version = None
    why = f"sign package {package[:12]} with key {signer[:12]}"
    parts.store.commit([Change(signature, package, version)], at_us=parts.clock.now_us(), by=by, why=why)
    return signer


def _key(parts: Parts, file: Path | None) -> bytes:
    return secret_key(parts.layout.signing_key) if file is None else read_key(file)
