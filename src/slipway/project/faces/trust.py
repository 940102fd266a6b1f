"""Who may ask, who changed what, and whether what is kept is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.project.faces.base import Face
from slipway.project.warned import to_stderr
from slipway.records.access import May

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from slipway.project.verifying import PackageReport, Verified
    from slipway.records.access import AccessKey, Certificate
    from slipway.storage.audit import AuditEntry


class Trust(Face):
    """Who may ask, who changed what, and whether what is kept is whole."""

    def certificate(self) -> tuple[Certificate | None, tuple[str, ...]]:
        """Return the server's certificate, checked, or None where the scope names none; and what there is to warn of.

        Raises:
            SlipwayError: It cannot be served; the message says why.
        """
        from slipway.project import reach

        return reach.certificate(self._parts), tuple(reach.certificate_trouble(self._parts))

    def keys(self) -> tuple[AccessKey, ...]:
        """Return the keys that callers may show, oldest first, also those that were revoked."""
        from slipway.project import reach

        return reach.keys(self._parts)

    def make_key(self, name: str, *, may: Sequence[May] = tuple(May)) -> tuple[AccessKey, str]:
        """Make a key; the second value is the key itself, which is stored nowhere.

        From the first key on, every caller of this project's server needs one; a server that runs asks within a second.

        Raises:
            BadInput: The name is no checked word.
            Conflict: The name is taken.
        """
        from slipway.project import reach

        return reach.make(self._parts, name, may=may, by=self._by)

    def revoke_key(self, name: str, *, warn: Callable[[str], object] = to_stderr) -> AccessKey:
        """Let nobody in by this key any more; a server that runs follows within a second.

        Args:
            name: Its name.
            warn: Called if the audit trail could not be written; the key is revoked all the same.

        Raises:
            NotFound: No such key.
        """
        from slipway.project import reach

        return reach.revoke(self._parts, name, by=self._by, warn=warn)

    def audit(self) -> list[AuditEntry]:
        """Return who changed what, when, and on which evidence, oldest first."""
        return self._parts.store.audit()

    def verify(self) -> Verified:
        """Read every journal frame, every blob that a record names, and the audit chain, and check each."""
        from slipway.project.verifying import verify_all

        return verify_all(self._parts)

    def verify_package(self, id: str) -> PackageReport:  # noqa: A002 - the field's own word
        """Check every file of a package against its hash and signature, and ask the model its recorded examples."""
        from slipway.project.verifying import verify_package

        return verify_package(self._parts, id)
