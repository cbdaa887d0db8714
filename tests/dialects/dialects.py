"""The table of dialects: each answers one open question of the contracts in one way.

A dialect is what a server may turn out to speak. `set_up` makes a world speak it before anything
has happened there; those on the same `axis` answer the same question and exclude each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.dialects.selling import SOLD, SUMS
from tests.dialects.story import BOTH_ROLES, FROM_POWEROFFICE, KAFFE, KARI
from tests.scenarios.world import World

SetUp = Callable[[World], object]

NET_LINES = "lines of vouchers are without VAT"
VAT_ON_TOP = "VAT comes on top of a voucher's lines"

_KARI = f"customer {' '.join(KARI)}"


@dataclass(frozen=True, slots=True)
class Expected:
    """What cannot be as it should under a dialect.

    `differs` names what the two screens then show differently, as "kind name: field", `undone` what
    else neither shows as a person wrote it, and `reasons` a part of the reason for each record that
    is listed; every one of them must be.
    `doubtful` is part of the reason for which a record whose creation was cut short may be left to
    a person, whatever it lacks until then.
    `writes_again` are parts of the only kinds of write that a further round may try again.
    """

    differs: frozenset[str] = frozenset()
    undone: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()
    doubtful: str = ""
    writes_again: tuple[str, ...] = ()


ALL_AGREES = Expected()


@dataclass(frozen=True, slots=True)
class Doubt:
    """What two dialects leave to a person together: parts of the reasons for which a record whose
    creation was cut short, and what may be its copy, may wait, and `what` that means."""

    reasons: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One row. `question` is the contract and the number of its open question, `does` what the tool
    does about it, for the document. A `variant` differs so little from another one on its axis
    that the pairs do without it.
    """

    name: str
    question: str
    does: str
    set_up: SetUp
    axis: str
    expected: Expected = ALL_AGREES
    variant: bool = False

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its questions."""
        return tuple(int(one) for one in self.question.partition(" ")[2].split(","))


def _tribe(**changes: Any) -> SetUp:
    def set_up(w: World) -> None:
        w.tribe.dialect = replace(w.tribe.dialect, **changes)

    return set_up


def _poweroffice(**changes: Any) -> SetUp:
    def set_up(w: World) -> None:
        for name, value in changes.items():
            assert hasattr(w.poweroffice.switches, name), name
            setattr(w.poweroffice.switches, name, value)

    return set_up


def _several_own_organisations(w: World) -> None:
    w.tribe.add_identity("Fjordvik Eiendom AS")
    w.overrides["TRIBECRM_ORGANIZATION_ID"] = w.tribe.own_organization_id


def _countries(name: str) -> SetUp:
    """Country codes in another form."""

    def set_up(w: World) -> None:
        codes = {"NO": ("NOR", "578", "Norway"), "SE": ("SWE", "752", "Sweden")}
        place = ("alpha-3", "number", "name").index(name)
        for row in list(w.tribe.store.of_type("Datastore_Country")):
            spelled = codes.get(str(row.values["Code"]))
            if spelled is None:
                w.tribe.store.remove(row)
            else:
                row.values["Code"] = spelled[place]

    return set_up


def _no_countries(w: World) -> None:
    for row in list(w.tribe.store.of_type("Datastore_Country")):
        if row.values["Code"] == "NO":
            w.tribe.store.remove(row)


def _names_of_another_language(w: World) -> None:
    for row in w.tribe.store.of_type("Datastore"):
        for name in ("Name", "LocalizedName"):
            row.values[name] = f"{row.values.get(name) or row.values['Code']} in het Nederlands"


def _without_date(prefix: str) -> SetUp:
    """Take the Date header away from one system's answers, as a proxy may."""

    def set_up(w: World) -> None:
        inner = w.sandbox.app.wsgi_app

        def undated(environ: Any, start: Any) -> Any:
            def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                if environ["PATH_INFO"].startswith(prefix):
                    headers = [one for one in headers if one[0].lower() != "date"]
                return start(status, headers, *more)

            return inner(environ, begin)

        vars(w.sandbox.app)["wsgi_app"] = undated

    return set_up


def _slow_metadata(w: World) -> None:
    """Let a gateway give up on the metadata, which is large."""
    inner = w.sandbox.app.wsgi_app

    def impatient(environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"].endswith("$metadata"):
            start("504 Gateway Timeout", [("Content-Type", "text/html")])
            return [b"<html>Gateway Timeout</html>"]
        return inner(environ, start)

    vars(w.sandbox.app)["wsgi_app"] = impatient


def _no_pagination(w: World) -> None:
    w.poweroffice.paginate_header = False


def _edition_2025(w: World) -> None:
    w.poweroffice.configure(edition_2026=False)


def _no_person_names(w: World) -> None:
    w.poweroffice.configure(person_names=False)


_FORMER = frozenset({f"{_KARI}: inactive"})
_NOT_PAID = Expected(frozenset({f"invoice {SOLD}: paid"}), reasons=("Tribe refused to write",))
_NO_DATES = Expected(
    frozenset(f"invoice {number}: {day}" for number in SUMS for day in ("date", "due date"))
)
_NO_INVOICES = Expected(
    _NO_DATES.differs | {f"invoice {SOLD}: paid", *(f"invoice {number}: booked" for number in SUMS)}
)
_ADDRESSES = frozenset({f"{_KARI}: address", f"customer {FROM_POWEROFFICE}: address"})
_MOVED = frozenset({f"customer {KAFFE}: address"})
"""Where Tribe has none and a person writes another than PowerOffice has, PowerOffice's leads."""

_WITH_THE_REST = '"Address":{"Street":"Nygata"'
"""What is refused is tried again with all that its record lacks: an address that was dropped."""

_NO_MARKS = Expected(doubtful="no mark can tell")
_NO_FORMER_REFUSED = Expected(
    _FORMER, reasons=("Tribe refused to write",), writes_again=(_WITH_THE_REST,)
)
_NO_FORMER_IGNORED = Expected(
    _FORMER, reasons=("did not make it",), writes_again=("IsFormer", _WITH_THE_REST)
)
_NO_VAT = Expected(
    frozenset({"product Kopp: only there", "product Skål: only there"}),
    reasons=("no VAT per cent, which Tribe asks for",),
)

_ONE_ROLE = Expected(
    frozenset({f"supplier {BOTH_ROLES}: only there"}),
    reasons=("PowerOffice refused the new supplier",),
    # The customer comes second where its creation was interrupted.
    doubtful="PowerOffice refused the new customer",
)

_LISTS_PRODUCTS = (
    "Does not know the VAT of products without a sales account of their own, and lists those of "
    "them that Tribe lacks."
)

TRIBE: tuple[Dialect, ...] = (
    Dialect(
        "no PUT",
        "tribe 2",
        "After the first 405 it updates by POST with the ID, and remembers that.",
        _tribe(put=False),
        "update",
    ),
    Dialect(
        "PUT is a route that nobody knows, and POST with an unknown ID creates",
        "tribe 2",
        "Sees that the record of a 404 is there, and updates it by POST with the ID; never sends "
        "the ID of one that is not.",
        _tribe(put=False, put_refusal=404, post_creates_unknown=True),
        "update",
    ),
    Dialect(
        "PUT is not implemented",
        "tribe 2",
        "After the first 501 it updates by POST with the ID, and remembers that.",
        _tribe(put=False, put_refusal=501),
        "update",
        variant=True,
    ),
    Dialect(
        "POST with an ID answers 204",
        "tribe 2, 3",
        "Takes any 2xx for done; what was written is not read back from the answer.",
        _tribe(put=False, update_body=False),
        "update",
    ),
    Dialect(
        "updates answer 204",
        "tribe 3",
        "Takes any 2xx for done.",
        _tribe(update_body=False),
        "update",
        variant=True,
    ),
    Dialect(
        "writes without a body",
        "tribe 3",
        "Finds what it created by its mark.",
        _tribe(write_body=False),
        "body",
    ),
    Dialect(
        "writes without a body, the ID in a header",
        "tribe 3",
        "Takes the ID from OData-EntityId or Location.",
        _tribe(write_body=False, location=True),
        "body",
        variant=True,
    ),
    Dialect(
        "creations answer 200",
        "tribe 3",
        "Takes any 2xx for done.",
        _tribe(created_status=200),
        "body",
        variant=True,
    ),
    Dialect(
        "creations answer 201 without a body",
        "tribe 3",
        "Finds what it created by its mark.",
        _tribe(write_body=False, empty_status=201),
        "body",
    ),
    Dialect(
        "names in lower case",
        "tribe 4",
        "Reads names whatever their capitals.",
        _tribe(casing="lower"),
        "casing",
    ),
    Dialect(
        "names in upper case",
        "tribe 4",
        "Reads names whatever their capitals.",
        _tribe(casing="upper"),
        "casing",
        variant=True,
    ),
    Dialect(
        "names in camel case",
        "tribe 4",
        "Reads names whatever their capitals.",
        _tribe(casing="camel"),
        "casing",
        variant=True,
    ),
    Dialect(
        "no metadata",
        "tribe 4",
        "Uses the names that every tenant so far had.",
        _tribe(metadata=False),
        "metadata",
    ),
    Dialect(
        "metadata takes longer than anybody waits",
        "tribe 4",
        "Uses the names that every tenant so far had, and asks again in the next run.",
        _slow_metadata,
        "metadata",
    ),
    Dialect(
        "ImportId not in the metadata",
        "tribe 7",
        "Leaves no marks in Tribe; after a lost answer it finds its records by number or code. "
        "Where neither tells, it lists the record for a person and does not create it again.",
        _tribe(import_id="untold"),
        "import_id",
        _NO_MARKS,
    ),
    Dialect(
        "no ImportId at all",
        "tribe 7",
        "Leaves no marks in Tribe; after a lost answer it finds its records by number or code. "
        "Where neither tells, it lists the record for a person and does not create it again.",
        _tribe(import_id="absent"),
        "import_id",
        _NO_MARKS,
    ),
    Dialect(
        "no filter by ImportId",
        "tribe 7",
        "Reads the whole set after a lost answer, and looks for its mark there.",
        _tribe(import_id="unfilterable"),
        "import_id",
    ),
    Dialect(
        "pages of two rows",
        "tribe 8",
        "Reads on until a page is empty.",
        _tribe(page_cap=2),
        "pages",
    ),
    Dialect(
        "pages of 20 rows",
        "tribe 8",
        "Reads on until a page is empty.",
        _tribe(page_cap=20),
        "pages",
        variant=True,
    ),
    Dialect(
        "pages with a nextLink",
        "tribe 8",
        "Follows the link, on the host of the settings.",
        _tribe(next_link=True, page_cap=2),
        "pages",
    ),
    Dialect(
        "no order by ID",
        "tribe 9",
        "Orders by the time of creation alone, and reads again until no row came twice.",
        _tribe(order_by_id=False),
        "order",
    ),
    Dialect(
        "LastMutationDate from the start",
        "tribe 11",
        "Asks for both dates.",
        _tribe(stamp_on_create=True),
        "stamp",
    ),
    Dialect(
        "reads lag two minutes behind",
        "tribe 11",
        "Remembers what it sent until it shows; a second role waits for the first.",
        _tribe(read_lag=120),
        "lag",
    ),
    Dialect(
        "reads show everything as it was two minutes ago",
        "tribe 11",
        "Remembers what it wrote until it shows, and takes the old value for no person's edit.",
        _tribe(query_lag=120),
        "lag",
    ),
    Dialect(
        "several own organisations",
        "tribe 13",
        "Takes the one that TRIBECRM_ORGANIZATION_ID names, and asks for that where it is not set.",
        _several_own_organisations,
        "own",
    ),
    Dialect(
        "auto-numbering of what the API creates",
        "tribe 14",
        "Overwrites Tribe's number with PowerOffice's.",
        _tribe(auto_number=True),
        "numbering",
    ),
    Dialect(
        "numbers as JSON numbers",
        "tribe 14",
        "Reads them as text.",
        _tribe(numbers="number"),
        "numbers",
    ),
    Dialect(
        "an upgraded lead gets a new ID",
        "tribe 17",
        "Looks the role up again after the upgrade.",
        _tribe(upgrade_keeps_id=False),
        "upgrade",
    ),
    Dialect(
        "_UpgradeType with dots",
        "tribe 17",
        "Asks with dots after the underscores were refused.",
        _tribe(upgrade_type="dotted"),
        "upgrade",
    ),
    Dialect(
        "no upgrade of a lead",
        "tribe 17",
        "Makes the lead's organisation a customer; the lead stays beside it.",
        _tribe(upgrade_type=None),
        "upgrade",
    ),
    Dialect(
        "IsFormer refused",
        "tribe 18",
        "Lists the record: it is archived in PowerOffice and stays active in Tribe.",
        _tribe(former="refused"),
        "former",
        _NO_FORMER_REFUSED,
    ),
    Dialect(
        "IsFormer forbidden",
        "tribe 18, 32",
        "Lists the record: it is archived in PowerOffice and stays active in Tribe.",
        _tribe(former="forbidden"),
        "former",
        _NO_FORMER_REFUSED,
        variant=True,
    ),
    Dialect(
        "IsFormer ignored",
        "tribe 18",
        "Sees it in the answer, or reads it back, and lists the record.",
        _tribe(former="ignored"),
        "former",
        _NO_FORMER_IGNORED,
    ),
    Dialect(
        "a new address becomes the visiting address",
        "tribe 19",
        "Reads it there. To change it, writes a new one, which takes its place.",
        _tribe(new_address="visiting"),
        "landing",
    ),
    Dialect(
        "a new address is refused where a relation names it",
        "tribe 19",
        "Writes everything else, and lists the record: its address can be written in Tribe.",
        _tribe(new_address="refused"),
        "landing",
        Expected(_ADDRESSES, _MOVED, ("Tribe refused to write",)),
    ),
    Dialect(
        "a new address is dropped where a relation names it",
        "tribe 19",
        "Notices that it does not show, keeps PowerOffice's, and lists the record.",
        _tribe(new_address="dropped"),
        "landing",
        Expected(_ADDRESSES, _MOVED, ("still shows",)),
    ),
    Dialect(
        "country codes of three letters",
        "tribe 21",
        "Recognises the country.",
        _countries("alpha-3"),
        "countries",
    ),
    Dialect(
        "country codes as numbers",
        "tribe 21",
        "Recognises the country.",
        _countries("number"),
        "countries",
        variant=True,
    ),
    Dialect(
        "country codes as names",
        "tribe 21",
        "Recognises the country.",
        _countries("name"),
        "countries",
        variant=True,
    ),
    Dialect(
        "Norway missing among the countries",
        "tribe 21",
        "Writes the address without a country.",
        _no_countries,
        "countries",
    ),
    Dialect(
        "names of phases, units and countries in another language",
        "tribe 33",
        "Goes by their codes.",
        _names_of_another_language,
        "language",
    ),
    Dialect(
        "products need nothing but a name",
        "tribe 28",
        "Gives them a group, a unit and a VAT group all the same.",
        _tribe(product_requires=False),
        "products",
    ),
    Dialect(
        "invoices with Date and DueDate",
        "tribe 22",
        "Reads them under any of the names that they may have.",
        _tribe(invoice_date="Date", due_date="DueDate"),
        "invoice dates",
        variant=True,
    ),
    Dialect(
        "invoices with the moments Start and Deadline",
        "tribe 22",
        "Takes the day that it is in Norway.",
        _tribe(invoice_date="Start", due_date="Deadline"),
        "invoice dates",
    ),
    Dialect(
        "invoices without dates",
        "tribe 22",
        "Leaves them to PowerOffice: the day of the booking, and the customer's payment days.",
        _tribe(invoice_date=None, due_date=None),
        "invoice dates",
        _NO_DATES,
    ),
    Dialect(
        "phases by POST only",
        "tribe 23",
        "Repeats by POST what PUT refused, and remembers that.",
        _tribe(phase_by_put=False),
        "phases",
    ),
    Dialect(
        "phases of sent invoices are frozen",
        "tribe 23",
        "Lists the invoice: it is paid in PowerOffice and stays sent in Tribe.",
        _tribe(phase_frozen=True),
        "phases",
        _NOT_PAID,
    ),
    Dialect(
        "lines of invoices without what they refer to",
        "tribe 25",
        "Reads the lines of each invoice by themselves.",
        _tribe(nested_line_expand=False),
        "lines",
    ),
    Dialect(
        "Tribe rounds the VAT of each rate's sum",
        "tribe 25",
        "Books nothing whose sums differ by an øre from Tribe's, and lists it with both.",
        _tribe(vat_of="sums"),
        "tribe rounding",
    ),
    Dialect(
        "Tribe rounds half an øre to the even one",
        "tribe 25",
        "Books nothing whose sums differ by an øre from Tribe's, and lists it with both.",
        _tribe(rounding="even"),
        "tribe rounding",
        variant=True,
    ),
    Dialect(
        "no Billing module",
        "tribe 27",
        "Says that there are no invoices, and does everything else.",
        _tribe(billing=False),
        "billing",
        _NO_INVOICES,
    ),
    Dialect(
        "no path in a filter",
        "tribe 8",
        "Asks relations and roles apart, and reads a whole set where it must.",
        _tribe(nested_filter=False),
        "paths",
    ),
    Dialect(
        "scope read write only",
        "tribe 1",
        "Asks for fewer scopes.",
        _tribe(scopes=("read", "write")),
        "scopes",
    ),
    Dialect(
        "no scopes",
        "tribe 1",
        "Asks for none.",
        _tribe(scopes=()),
        "scopes",
    ),
    Dialect(
        "tokens of ten minutes",
        "tribe 1",
        "Asks for a new one when the old one is about to end.",
        _tribe(token_seconds=600),
        "tokens",
    ),
    Dialect(
        "errors in Spring's shape",
        "tribe 30",
        "Repeats the server's words, whatever they come in.",
        _tribe(error_body="spring", put=False),
        "tribe errors",
        variant=True,
    ),
    Dialect(
        "errors as HTML",
        "tribe 30",
        "Goes by the status, and repeats the page's words.",
        _tribe(error_body="html", put=False),
        "tribe errors",
    ),
    Dialect(
        "errors without a body",
        "tribe 30",
        "Goes by the status.",
        _tribe(error_body="nothing", put=False),
        "tribe errors",
    ),
    Dialect(
        "Tribe answers 429 with Retry-After",
        "tribe 31",
        "Waits as long as it is told, and tries again.",
        _tribe(throttle_every=7),
        "tribe pace",
        variant=True,
    ),
    Dialect(
        "Tribe answers 429 without Retry-After",
        "tribe 30, 31",
        "Waits longer each time, and tries again.",
        _tribe(throttle_every=5, retry_after=False),
        "tribe pace",
    ),
    Dialect(
        "no Date header from Tribe",
        "tribe 11",
        "Has no time to read changes from, and reads everything in every pass.",
        _without_date("/tribe/"),
        "tribe date",
    ),
)

POWEROFFICE: tuple[Dialect, ...] = (
    Dialect(
        "members of a refusal in Pascal case",
        "poweroffice 1",
        "Reads them whatever their capitals.",
        _poweroffice(problem_members="pascal", patch_test="refused"),
        "problems",
    ),
    Dialect(
        "refusals without a body",
        "poweroffice 1",
        "Goes by the status.",
        _poweroffice(problem_members="none", patch_test="refused"),
        "problems",
    ),
    Dialect(
        "429 with Retry-After",
        "poweroffice 2",
        "Waits as long as it is told, and tries again.",
        _poweroffice(throttle_every=7),
        "poweroffice pace",
        variant=True,
    ),
    Dialect(
        "429 without Retry-After",
        "poweroffice 2",
        "Waits longer each time, and tries again.",
        _poweroffice(throttle_every=5, retry_after=False),
        "poweroffice pace",
    ),
    Dialect(
        "no X-Pagination",
        "poweroffice 3",
        "Reads on until nothing new comes.",
        _no_pagination,
        "pagination",
    ),
    Dialect(
        "pages of two rows, whatever is asked",
        "poweroffice 4",
        "Follows the announcement of the next page.",
        _poweroffice(page_cap=2),
        "poweroffice pages",
    ),
    Dialect(
        "the 2025 edition",
        "poweroffice 5",
        f"Uses no filter of 2026. {_LISTS_PRODUCTS}",
        _edition_2025,
        "edition",
        _NO_VAT,
    ),
    Dialect(
        "no Name of persons",
        "poweroffice 5",
        "Reads first and last name.",
        _no_person_names,
        "persons",
    ),
    Dialect(
        "members that nobody has heard of",
        "poweroffice 6",
        "Passes over them.",
        _poweroffice(unknown_members=True),
        "members",
    ),
    Dialect(
        "time stamps without a fraction",
        "poweroffice 7",
        "Reads them.",
        _poweroffice(fraction_digits=0, offset="Z"),
        "stamps",
    ),
    Dialect(
        "time stamps with three digits and Z",
        "poweroffice 7",
        "Reads them.",
        _poweroffice(fraction_digits=3, offset="Z"),
        "stamps",
        variant=True,
    ),
    Dialect(
        "time stamps without an offset",
        "poweroffice 7",
        "Takes them for UTC.",
        _poweroffice(fraction_digits=7, offset=""),
        "stamps",
    ),
    Dialect(
        "POST /Products answers 200",
        "poweroffice 8",
        "Takes any 2xx for done.",
        _poweroffice(product_created_status=200),
        "poweroffice body",
    ),
    Dialect(
        "creations without a body",
        "poweroffice 8",
        "Finds what it created by its reference or code.",
        _poweroffice(post_body=False),
        "poweroffice body",
    ),
    Dialect(
        "PATCH answers 204",
        "poweroffice 8",
        "Takes any 2xx for done.",
        _poweroffice(patch_body=False),
        "patch body",
    ),
    Dialect(
        "an address moves its contact's LastChanged",
        "poweroffice 9",
        "Sees such a change in every pull instead of the full one.",
        _poweroffice(address_moves_contact=True),
        "address",
    ),
    Dialect(
        "an edit of a contact in one role moves that role's LastChanged alone",
        "poweroffice 9, 12",
        "Sees it in that role, and brings Tribe's relation, which both roles share, in step.",
        _poweroffice(shared_moves_both=False),
        "both roles",
    ),
    Dialect(
        "archived contacts listed when asked for",
        "poweroffice 10",
        "Asks once more for linked records that a full list does not show; takes none for deleted.",
        _poweroffice(archived="asked for"),
        "archived",
    ),
    Dialect(
        "archived contacts in no list",
        "poweroffice 10",
        "Asks once more for linked records that a full list does not show; takes none for deleted.",
        _poweroffice(archived="hidden"),
        "archived",
    ),
    Dialect(
        "a supplier joins the customer of its organisation number",
        "poweroffice 12, 14",
        "Links both roles of an organisation to the one contact; two organisations with the same "
        "number wait for a person, and are never linked to one contact.",
        _poweroffice(same_company="joined"),
        "same company",
    ),
    Dialect(
        "a supplier joins the customer of its organisation number, and nothing there changes",
        "poweroffice 12, 14",
        "Links both roles of an organisation to the one contact, and compares them as they are.",
        _poweroffice(same_company="joined as it is"),
        "same company",
    ),
    Dialect(
        "an organisation number in use is refused",
        "poweroffice 12, 14",
        "Lists the second role; once it is given to the contact in PowerOffice, it is linked.",
        _poweroffice(same_company="refused"),
        "same company",
        _ONE_ROLE,
    ),
    Dialect(
        "a reference in use answers 409",
        "poweroffice 13",
        "Looks the record up by its reference and links it.",
        _poweroffice(duplicate_status=409),
        "duplicates",
    ),
    Dialect(
        "a reference in use answers 409 without a reason",
        "poweroffice 13",
        "Looks the record up by its reference and links it.",
        _poweroffice(duplicate_status=409, duplicate_detail=False),
        "duplicates",
    ),
    Dialect(
        "product codes are unique",
        "poweroffice 14",
        "Looks products up by their code before it makes any.",
        _poweroffice(unique_product_codes=True),
        "codes",
    ),
    Dialect(
        "no default sales account to read",
        "poweroffice 16",
        _LISTS_PRODUCTS,
        _poweroffice(invoice_settings=False),
        "edition",
        _NO_VAT,
    ),
    Dialect(
        "PowerOffice rounds the VAT of each rate's sum",
        "poweroffice 17",
        "Books nothing whose sums differ by an øre from Tribe's, and lists it with both.",
        _poweroffice(vat_of="sums"),
        "poweroffice rounding",
    ),
    Dialect(
        "PowerOffice rounds half an øre to the even one",
        "poweroffice 17",
        "Books nothing whose sums differ by an øre from Tribe's, and lists it with both.",
        _poweroffice(rounding="even"),
        "poweroffice rounding",
        variant=True,
    ),
    Dialect(
        NET_LINES,
        "poweroffice 32",
        "Posts no voucher: the lines with VAT are refused, for they come to more than the voucher. "
        "Lists each invoice.",
        _poweroffice(voucher_lines="net"),
        "voucher lines",
        variant=True,
    ),
    Dialect(
        VAT_ON_TOP,
        "poweroffice 32",
        "Reads the first voucher with VAT back before it posts a second, and posts none after one "
        "that came to another sum, until a person accepts that one. The first cannot be prevented.",
        _poweroffice(voucher_lines="on top"),
        "voucher lines",
        variant=True,
    ),
    Dialect(
        "sending is done at once",
        "poweroffice 19",
        "Asks for the state after a second.",
        _poweroffice(send_seconds=0),
        "sending",
        variant=True,
    ),
    Dialect(
        "sentState knows nothing at first",
        "poweroffice 19",
        "Takes no answer for not yet, and never sends twice.",
        _poweroffice(send_seconds=2, sent_state_seconds=12),
        "sending",
    ),
    Dialect(
        "sending takes longer than the pass waits",
        "poweroffice 19",
        "Leaves it to the next pass.",
        _poweroffice(send_seconds=600),
        "sending",
        variant=True,
    ),
    Dialect(
        "a filter by an ID that names nothing answers 204",
        "poweroffice 31",
        "Takes both for gone.",
        _poweroffice(missing_ids_are_refused=False),
        "missing IDs",
    ),
    Dialect(
        "OrderBy refused",
        "poweroffice 25",
        "Goes on without.",
        _poweroffice(order_by=False),
        "order by",
    ),
    Dialect(
        "Fields refused",
        "poweroffice 25",
        "Does not ask for it.",
        _poweroffice(fields=False),
        "fields",
        variant=True,
    ),
    Dialect(
        "JSON Patch test refused",
        "poweroffice 26",
        "Compares by itself, and goes on without tests.",
        _poweroffice(patch_test="refused"),
        "test",
    ),
    Dialect(
        "JSON Patch test ignored",
        "poweroffice 26",
        "Has looked at the record just before.",
        _poweroffice(patch_test="ignored"),
        "test",
    ),
    Dialect(
        "JSON Patch remove refused",
        "poweroffice 26",
        "Clears by writing null from then on.",
        _poweroffice(patch_remove=False),
        "remove",
    ),
    Dialect(
        "no address by its parts",
        "poweroffice 26",
        "Adds the address as a whole.",
        _poweroffice(new_address_by_parts=False),
        "new address",
    ),
    Dialect(
        "no Date header from PowerOffice",
        "poweroffice 5",
        "Reads changes from the latest change that it has seen.",
        _without_date("/poweroffice/"),
        "poweroffice date",
    ),
)

DIALECTS: tuple[Dialect, ...] = (*TRIBE, *POWEROFFICE)

TOGETHER: Mapping[frozenset[str], Doubt] = {
    frozenset({marks, "auto-numbering of what the API creates"}): Doubt(
        ("has the same", "may have made it of", "its customer is not in PowerOffice"),
        "After a lost answer neither a mark nor the number tells what was created. What may be the "
        "copy, by organisation number or by name, waits for a person with the record that it may "
        "be the copy of, and with its invoices. One that a person renames in Tribe before the next "
        "pass goes to PowerOffice as another company.",
    )
    for marks in ("ImportId not in the metadata", "no ImportId at all")
}
"""Pairs of dialects that leave more to a person than each by itself."""
