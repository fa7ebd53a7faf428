"""A mail server that we did not write: aiosmtpd, with STARTTLS and a log-in, on a free port of loopback.

Prints `ready PORT`, then one line of JSON for each message, as Python's own `email` package reads it.
Arguments: a certificate with its key, and the user and password that it lets in.
"""

import asyncio
import json
import ssl
import sys
from email import policy
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

CERTIFICATE, KEY, USER, PASSWORD = sys.argv[1:5]


def say(text):
    print(text, flush=True)


def read(raw):
    """What a mailbox program makes of a message."""
    message = BytesParser(policy=policy.default).parsebytes(raw)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    parts = [part.get_content_type() for part in message.walk()]
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    return {
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "date": parsedate_to_datetime(message["date"]).isoformat(),
        "from_name": message["from"].addresses[0].display_name,
        "parts": parts,
        "defects": defects,
        "text": text.get_content(),
        "html": html.get_content(),
    }


class Mailbox:
    async def handle_DATA(self, server, session, envelope):
        told = read(envelope.content)
        told["envelope"] = {"from": envelope.mail_from, "to": envelope.rcpt_tos}
        told["encrypted"] = session.ssl is not None
        told["authenticated"] = bool(session.authenticated)
        say(json.dumps(told))
        return "250 taken"


def log_in(server, session, envelope, mechanism, login):
    is_known = isinstance(login, LoginPassword) and (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, KEY)

    def line():
        return SMTP(
            Mailbox(),
            hostname="localhost",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=log_in,
        )

    server = await asyncio.get_running_loop().create_server(line, "127.0.0.1", 0)
    say(f"ready {server.sockets[0].getsockname()[1]}")
    await server.serve_forever()


asyncio.run(main())
