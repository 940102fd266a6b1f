"""Tokens of forms: what a page of ours carries and a foreign page cannot read, so that it cannot send our forms."""

import hashlib
import hmac
import secrets


class Tokens:
    """Makes and checks tokens that hold as long as this process runs; nothing is kept.

    Args:
        secret: Key of the tokens; None makes one by chance.

    >>> tokens = Tokens(b"a secret of this process")
    >>> token = tokens.make("back", "fraud-2", "boss")
    >>> tokens.fits(token, "back", "fraud-2", "boss"), tokens.fits(token, "back", "fraud-3", "boss")
    (True, False)
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def make(self, *words: str) -> str:
        """Return the token of a form: what it does, to what, and by whose key."""
        return hmac.new(self._secret, "\0".join(words).encode(), hashlib.sha256).hexdigest()

    def fits(self, token: str, *words: str) -> bool:
        """Tell, in constant time, whether it is the token of that form."""
        return hmac.compare_digest(token.encode(), self.make(*words).encode())
