"""Telling by mail, over SMTP with STARTTLS."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

from slipway.control.telling.attempt import STEP_S, WHOLE_S, Undelivered, cut_off, secret
from slipway.monitoring.payload import subject, text
from slipway.records.receiver import Message, Receiver


def mail(
    receiver: Receiver,
    message: Message,
    *,
    project: str,
    root: Path,
    environ: dict[str, str],
    now_s: int,
    within_s: float = WHOLE_S,
) -> None:
    """Deliver a message by mail; the same one has the same Message-ID, so that who gets it twice keeps one.

    Args:
        receiver: A mail server, and who is written to.
        message: What.
        project: Name of the project.
        root: Its folder.
        environ: The environment, which may hold the password.
        now_s: The date of the mail, seconds since the epoch.
        within_s: How long it may take in all.

    Raises:
        Undelivered: The server did not take it for every address.
    """
    password = secret(env=receiver.password_env, file=receiver.password_file, root=root, environ=environ)
    client = smtplib.SMTP(timeout=STEP_S)
    try:
        with cut_off(lambda: client.sock, after_s=within_s):
            client.connect(receiver.host, receiver.port)
            if receiver.starttls:
                client._host = receiver.host  # type: ignore[attr-defined]  # noqa: SLF001 - set by its constructor only
                client.starttls(context=ssl.create_default_context())
            if receiver.user:
                client.login(receiver.user, password)
            refused = client.send_message(_letter(receiver, message, project=project, now_s=now_s))
            client.quit()
    except smtplib.SMTPNotSupportedError:
        raise Undelivered("the mail server offers no STARTTLS, or no log-in") from None
    except smtplib.SMTPAuthenticationError as error:
        raise Undelivered(f"the mail server refused the account ({error.smtp_code})") from None
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"the mail server answered {error.smtp_code}") from None
    except smtplib.SMTPRecipientsRefused:
        raise Undelivered("the mail server refused every address") from None
    except ssl.SSLCertVerificationError:
        raise Undelivered("the mail server's certificate is signed by nobody whom this machine trusts") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"no answer from the mail server ({type(error).__name__})") from None
    finally:
        client.close()
    if refused:
        raise Undelivered(f"the mail server refused {len(refused)} of {len(receiver.to)} addresses")


def _letter(receiver: Receiver, message: Message, *, project: str, now_s: int) -> EmailMessage:
    letter = EmailMessage()
    letter["Subject"] = subject(message, project=project)
    letter["From"], letter["To"] = receiver.sender, ", ".join(receiver.to)
    letter["Date"] = formatdate(now_s)
    letter["Message-ID"] = f"<{message.key}@slipway.invalid>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text(message, project=project) + "\n")
    return letter
