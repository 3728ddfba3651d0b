"""The small page where a customer proves to be who owns the card."""

from __future__ import annotations

from html import escape
from typing import Final

from payments.fakegateway.books import Row

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>3-D Secure</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; color: #222 }}
button {{ font: inherit; padding: .6rem 1rem; margin: .5rem .5rem 0 0; border: 1px solid #888; border-radius: .4rem;
background: #fff; cursor: pointer }}
button.yes {{ background: #175c3b; border-color: #175c3b; color: #fff }}
</style></head><body>
<h1>Fake bank</h1>
{body}
</body></html>
"""
_FORM: Final = """<p>A shop asks for <strong>{currency} {amount}</strong>, in its smallest unit. Nothing is moved.</p>
<form method="post" action="/3ds/{reference}">
<button class="yes" name="result" value="approve">Approve</button><button name="result" value="fail">Refuse</button>
</form>"""


def page(payment: Row) -> bytes:
    if payment["status"] == "requires_action":
        body = _FORM.format(
            amount=payment["amount"], currency=escape(payment["currency"]), reference=escape(payment["id"])
        )
    else:
        body = f"<p>This payment is <strong>{escape(payment['status'])}</strong>. You can close this page.</p>"
    return _PAGE.format(body=body).encode()
