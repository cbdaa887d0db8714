"""Keeps 1 000 links in a TinyDB with its stock storage, one write a record; needs its own venv."""

import sys
from time import monotonic

from tinydb import TinyDB

FIELDS = ("name", "organization_number", "email", "invoice_email", "phone", "website", "address")

begin = monotonic()
with TinyDB("naive.json") as database:
    links = database.table("links")
    for position in range(int(sys.argv[1])):
        links.insert({field: f"{field} {position}" for field in FIELDS})
print(monotonic() - begin)
