"""Product groups: Tribe names them, PowerOffice wants an id (poweroffice.md section 10.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tribe_po.errors import RecordRefused
from tribe_po.poweroffice.lists import PRODUCT_GROUPS, Dto, Lists
from tribe_po.poweroffice.once import Once
from tribe_po.values import clean


class ProductGroups:
    """The client's product groups, read once when first needed.

    `default` is the name or code of the group for new products whose own group is not there.
    """

    def __init__(self, lists: Lists, default: str | None) -> None:
        self._lists = lists
        self._default = default
        self._by_id = Once(self._read)
        self._others: dict[int, Dto | None] = {}

    def name_of(self, identity: int | None) -> str | None:
        """The group's name, its code where it has none."""
        group = self._group(identity)
        return (clean(group.get("Name")) or clean(group.get("Code"))) if group else None

    def account_of(self, identity: int | None) -> int | None:
        """The id of the sales account that the group's products inherit."""
        group = self._group(identity)
        account = group.get("StandardSalesAccountId") if group else None
        return None if account is None else int(account)

    def have_accounts(self) -> bool:
        """Whether products of any group inherit another account than the client's."""
        return any(group.get("StandardSalesAccountId") for group in self._groups())

    def id_for(self, name: str) -> int:
        """The id of the group with this name or code. Raise `RecordRefused` where there is none."""
        identity = self._find(name)
        if identity is None:
            raise self._no_such_group(name, "Add the group in PowerOffice, or choose another.")
        return identity

    def id_for_new(self, name: str | None) -> int | None:
        """The id of the group for a new product, None to leave it to PowerOffice. Raise
        `RecordRefused` where the default group is not there."""
        identity = self._find(name) if name else None
        if identity is not None or not self._default:
            return identity
        identity = self._find(self._default)
        if identity is None:
            raise self._no_such_group(self._default, "Correct TRIBE_PO_PRODUCT_GROUP.")
        return identity

    def forget(self) -> None:
        """Read them again when next needed: a group may have been deleted."""
        self._by_id.forget()
        self._others.clear()

    def _read(self) -> dict[int, Dto]:
        return {int(row["Id"]): row for row in self._lists.read(PRODUCT_GROUPS).rows}

    def _group(self, identity: int | None) -> Dto | None:
        """The group. The list may lack a new or archived one: it is asked for by itself, once."""
        if identity is None:
            return None
        known = self._by_id.get().get(identity)
        if known is None and identity not in self._others:
            self._others[identity] = self._lists.one(PRODUCT_GROUPS, str(identity))
        return known or self._others.get(identity)

    def _find(self, name: str) -> int | None:
        return _ids_by_name(self._groups()).get(_folded(name))

    def _groups(self) -> list[Dto]:
        """Those in use first, and the older ones first."""
        return sorted(
            self._by_id.get().values(),
            key=lambda group: (bool(group.get("IsArchived")), int(group["Id"])),
        )

    def _no_such_group(self, name: str, next_step: str) -> RecordRefused:
        names = [self.name_of(int(group["Id"])) for group in self._groups()]
        return RecordRefused(
            f"PowerOffice has no product group {name}.",
            f"Its groups: {', '.join(each for each in names if each) or 'none'}",
            f"{next_step} The next pass tries again.",
        )


def _ids_by_name(groups: Iterable[Dto]) -> Mapping[str, int]:
    """The ids by folded name, and by folded code where no group has that name."""
    ids: dict[str, int] = {}
    for member in ("Name", "Code"):
        for group in groups:
            ids.setdefault(_folded(group.get(member)), int(group["Id"]))
    ids.pop("", None)
    return ids


def _folded(text: object) -> str:
    return (clean(text) or "").casefold()
