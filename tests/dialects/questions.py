"""The open questions at the end of the two systems' notes, and what the tool does about each.

A question that a server may answer in several ways has dialects. One that has none says in `alone`
why: the tool never depends on the answer, or the sandbox always gives the less comfortable one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One question by its `number` in the list. `asked` is a few words, `answer` what the tool
    does. `alone` is empty for one that has dialects."""

    number: int
    asked: str
    answer: str
    alone: str = ""


TRIBE_QUESTIONS: tuple[Question, ...] = (
    Question(
        1,
        "scopes of the keys, life of a token",
        "Asks for the scopes of the settings, then for fewer; goes by expires_in alone.",
    ),
    Question(
        2,
        "the verb of an update",
        "PUT of what changed, else POST with the ID of a record that is known to exist.",
    ),
    Question(3, "status and body of a write", "Any 2xx is success, with and without a body."),
    Question(
        4,
        "capitals of names",
        "Reads names in any capitals, and writes them as the metadata has them; goes by the usual "
        "ones where that does not come.",
    ),
    Question(
        5,
        "prefix of custom names",
        "Reads and writes standard properties only.",
        alone="No custom property is touched.",
    ),
    Question(
        6,
        "_Name missing, flags null, stray line breaks in names",
        "Reads neither _Name nor IsActive nor IsClosed; folds white space before it compares.",
        alone="The sandbox always has the flags null and line breaks in the names of persons.",
    ),
    Question(
        7,
        "ImportId: returned, filterable, unique, somebody else's",
        "Selects it, filters by contains and compares the whole of it; never overwrites a mark of "
        "somebody else.",
    ),
    Question(
        8,
        "size of pages, nextLink, $count",
        "Reads until a page is empty, follows a link where there is one, never asks for $count.",
    ),
    Question(
        9,
        "a stable order of pages",
        "Orders by CreationDate and ID, and drops rows that come twice.",
    ),
    Question(
        10,
        "space and plus in URLs",
        "Sends %20 and %2B, and moments that end in Z.",
        alone="The sandbox takes a plus for a plus, so a + for a space would find nothing.",
    ),
    Question(
        11,
        "LastMutationDate null, in whole seconds, unmoved by an address; reads behind writes",
        "Asks for both dates with an overlap, and for the address apart; remembers what it sent "
        "until that shows, and lists what does not.",
    ),
    Question(
        12,
        "deletions and merged records cannot be polled",
        "Reports a record that is gone and parks its link; never makes it again by itself.",
        alone="No API of Tribe tells of deletions, so the sandbox never does.",
    ),
    Question(
        13,
        "own organisation: none, one or several",
        "Takes the only one, or the one of the settings; stops where there is none.",
    ),
    Question(
        14,
        "numbers as text or number, leading zeros, auto-numbering",
        "Compares without leading zeros; PowerOffice's number overwrites Tribe's.",
    ),
    Question(
        15,
        "both numbers on one relation",
        "Links each role by itself, the debtor number to the customer, the creditor number to the "
        "supplier.",
        alone="The story has such a company.",
    ),
    Question(
        16,
        "suppliers that are persons",
        "Lists such a supplier of PowerOffice: it can be made a company there.",
        alone="The sandbox has no set for them, as no document of Tribe has.",
    ),
    Question(
        17,
        "a role at another stage",
        "Upgrades a lead, in either spelling, and looks its role up again; else adds the role.",
    ),
    Question(18, "what inactive is", "Reads and writes IsFormer; lists what it could not write."),
    Question(
        19,
        "where a new address lands",
        "Reads the invoice address, else the postal, else the visiting one; changes an invoice "
        "address by its own ID, and where there is none, writes one.",
    ),
    Question(
        20,
        "house numbers are numeric",
        "Splits a line into street, number and suffix only if the same line comes back from them.",
        alone="The sandbox always refuses a house number that is no number.",
    ),
    Question(
        21,
        "form of country codes, missing countries",
        "Recognises two letters, three letters, numbers and names.",
    ),
    Question(
        22,
        "invoice date, due date, final flag, credit notes",
        "Finds the dates under any name that they may have, else leaves them to PowerOffice, and "
        "posts no voucher; goes by the phase, not by a flag; a negative sum is a credit note.",
    ),
    Question(
        23,
        "phases beyond Draft, Sent and Paid; changes refused",
        "Goes by the codes of the settings; lists an invoice whose phase it could not change.",
    ),
    Question(
        24,
        "what an invoice's Relationship is",
        "Takes only its ID, and finds the customer by its own links.",
        alone="The sandbox gives nothing more of it either.",
    ),
    Question(
        25,
        "lines: free text, text alone, negative, discounts, VAT, currency, rounding",
        "Compares its own sums with both systems' to the øre; what differs is not booked.",
    ),
    Question(
        26,
        "what a Payment does to an invoice",
        "Makes none unless TRIBE_PO_PARTIAL_PAYMENTS asks for it; a phase that is Paid already is "
        "left alone.",
        alone="The phase is written by itself, whatever payments do.",
    ),
    Question(
        27,
        "no Billing module",
        "Says that there are no invoices, and does everything else.",
    ),
    Question(
        28,
        "what a new product needs",
        "Always sends group, unit and VAT group, from the settings where need be.",
    ),
    Question(
        29,
        "webhooks",
        "Uses none: polling sees every change.",
        alone="Nothing is ever sent to the webhooks' address.",
    ),
    Question(
        30,
        "shape of errors, answers that take long",
        "Goes by the status, and repeats words in whatever shape they come; waits 60 seconds.",
    ),
    Question(31, "limits of the rate", "Waits as it is told, else longer each time."),
    Question(
        32,
        "rights missing for single records",
        "Lists the record with the refusal, and goes on with the others.",
    ),
    Question(
        33,
        "the language of names",
        "Matches phases, countries and units by code, VAT groups by percentage.",
    ),
    Question(
        34,
        "the official connector beside this tool",
        "Cannot see it, and says so in check: both must not run.",
        alone="No API shows it.",
    ),
)

POWEROFFICE_QUESTIONS: tuple[Question, ...] = (
    Question(1, "members of an error", "Reads them in any capitals, else goes by the status."),
    Question(
        2,
        "429 and 503",
        "Waits as it is told, else longer each time; sends new customers and orders one by one.",
    ),
    Question(3, "X-Pagination", "Follows it by number on its own host; without it counts rows."),
    Question(4, "the largest page", "Asks for 1000 rows, and takes fewer for no end."),
    Question(
        5,
        "fields and filters of 2026",
        "Goes on without a filter that was refused; sends only members that it has seen.",
    ),
    Question(6, "members and values that nobody knows", "Passes over them."),
    Question(7, "digits and offset of time stamps", "Reads all of them; without an offset as UTC."),
    Question(8, "status and body of a write", "Any 2xx is success; finds what it made by mark."),
    Question(
        9,
        "whether an address, or the other role, moves a contact's LastChanged",
        "Relies on neither: --full compares everything.",
    ),
    Question(
        10,
        "archived records in lists",
        "Asks by ID for linked records that a full list lacks.",
    ),
    Question(
        11,
        "deletions cannot be polled",
        "Reports what is gone and parks its link; never makes it again by itself.",
        alone="No API of PowerOffice tells of deletions, so the sandbox never does.",
    ),
    Question(
        12,
        "a contact with two roles",
        "Links each role by itself, to one contact or to two; never two relations to one contact "
        "without a person.",
    ),
    Question(13, "a reference in use", "Looks it up, and links the record that has it."),
    Question(
        14,
        "unique codes and organisation numbers",
        "Takes none of several; looks products up by code before it makes any; lists what was "
        "refused.",
    ),
    Question(
        15,
        "numbers that users change",
        "Keys on the Id; the new number goes to Tribe.",
        alone="A change of the number is an edit like any other.",
    ),
    Question(16, "VAT of a product without an account", "Reads it from the default accounts."),
    Question(
        17,
        "rounding",
        "Books nothing whose sums differ by an øre from Tribe's.",
    ),
    Question(
        18,
        "whether a line moves its order's LastChanged",
        "Reads the whole order again before it books it.",
        alone="No change of an order is ever looked for by that time.",
    ),
    Question(
        19,
        "sentState empty, stale, with an old error",
        "Asks again after 1, 4, 10 and 30 seconds, then in the next run; never sends twice.",
    ),
    Question(
        20,
        "a balance of zero without a payment",
        "Calls an invoice paid only if payments settle it; reports the others.",
        alone="Scenarios settle invoices in every way.",
    ),
    Question(
        21,
        "one payment for several invoices",
        "Goes by the balance of each invoice.",
        alone="No share of a payment is ever computed.",
    ),
    Question(
        22,
        "balances in the client's currency",
        "Compares balances with posted amounts, both in kroner.",
        alone="Scenarios have foreign currencies.",
    ),
    Question(
        23,
        "the client's currency",
        "Kroner.",
        alone="Answered by the contract: only NOK is supported.",
    ),
    Question(
        24,
        "invoices imported from elsewhere",
        "Passes over invoices without its mark.",
        alone="Vouchers are such invoices, and have none of these members.",
    ),
    Question(25, "Fields and OrderBy", "Asks for no Fields; goes on without OrderBy if refused."),
    Question(
        26,
        "clearing by PATCH, test, addresses by parts",
        "Goes on to the next way when one is refused, and reads what came of it.",
    ),
    Question(
        27,
        "KeepUpdated",
        "Takes what the register writes for an edit in PowerOffice.",
        alone="Such a change is one like any other, and merging knows no authors.",
    ),
    Question(
        28,
        "locked periods",
        "Leaves the draft, and lists the invoice with PowerOffice's words.",
        alone="Scenarios have them.",
    ),
    Question(
        29,
        "the onboarding redirect",
        "Has no onboarding: the keys are settings.",
        alone="Nothing of it is used.",
    ),
    Question(
        30,
        "privileges that disappear",
        "Stops with exit code 77, and keeps every link.",
        alone="Every request is refused in a test of its own.",
    ),
    Question(
        31,
        "three meanings of 404",
        "Takes a record for gone only if asked by its own ID; tells a gateway's 404 by its body.",
    ),
    Question(
        32,
        "lines of vouchers gross or net",
        "Sends gross lines with the gross sum, the first with a person's yes; reads the first "
        "voucher with VAT back, and posts no other where it came to another sum.",
    ),
)
