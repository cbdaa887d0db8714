"""The tenant's own names, and what happens without them."""

from __future__ import annotations

import json

import pytest

from tests.tribe.peer import Peer, Scripted, answer
from tribe_po.errors import Temporary
from tribe_po.transport.http import Answer
from tribe_po.tribe.metadata import (
    ADDRESS,
    ORGANIZATION,
    ORGANIZATION_CUSTOMER,
    PERSON,
    PRODUCT,
    SUPPLIER,
    USUAL,
    Names,
)

XML = """<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
 <edmx:DataServices><Schema Namespace="OData" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="Entity"><Property Name="ID" Type="Edm.Guid"/></EntityType>
  <EntityType Name="Party" BaseType="OData.Entity"><Property Name="DebtorNUMBER"/>
   <NavigationProperty Name="invoiceAddress" Type="OData.Address"/></EntityType>
  <EntityType Name="Company" BaseType="OData.Party"><Property Name="VatNumber"/></EntityType>
  <ComplexType Name="Other"><Property Name="Website"/></ComplexType>
  <EntityContainer Name="C"><EntitySet Name="Relation_Organization" EntityType="OData.Company"/>
  </EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""

JSON = json.dumps(
    {
        "$Version": "4.01",
        "OData": {
            "Entity": {"$Kind": "EntityType", "$Key": ["ID"], "ID": {"$Type": "Edm.Guid"}},
            "Party": {
                "$Kind": "EntityType",
                "$BaseType": "OData.Entity",
                "DebtorNUMBER": {},
                "invoiceAddress": {"$Kind": "NavigationProperty"},
            },
            "Company": {"$Kind": "EntityType", "$BaseType": "OData.Party", "VatNumber": {}},
            "C": {
                "$Kind": "EntityContainer",
                "Relation_Organization": {"$Collection": True, "$Type": "OData.Company"},
            },
        },
    }
)


@pytest.mark.parametrize("text", [XML, JSON])
def test_names_come_with_those_of_the_bases(text: str) -> None:
    names = Names.parse(text)
    assert names.known
    assert names.resolve(ORGANIZATION, ["debtornumber"]) == "DebtorNUMBER"
    assert names.resolve(ORGANIZATION, ["VATNumber"]) == "VatNumber"
    assert names.resolve(ORGANIZATION, ["InvoiceAddress"]) == "invoiceAddress"
    assert names.resolve(ORGANIZATION, ["Website"]) is None
    assert names.resolve(ORGANIZATION, ["Website", "id"]) == "ID"


def test_a_set_that_the_document_does_not_name_keeps_its_usual_names() -> None:
    assert Names.parse(XML).resolve(SUPPLIER, ["PaymentTermInDays"]) == "PaymentTermInDays"


def test_types_that_inherit_from_each_other_end() -> None:
    circle = XML.replace(
        '<EntityType Name="Entity">', '<EntityType Name="Entity" BaseType="Party">'
    )
    assert Names.parse(circle).resolve(ORGANIZATION, ["vatnumber"]) == "VatNumber"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "not found",
        "{}",
        '{"OData": 3}',
        "[1]",
        "<a/>",
        XML[:400],
        '<!DOCTYPE x [<!ENTITY e "boom">]>' + XML.split("\n", 1)[1],
    ],
)
def test_what_makes_no_sense_gives_the_usual_names(text: str) -> None:
    names = Names.parse(text)
    assert not names.known
    assert names.resolve(ADDRESS, ["postalcode"]) == "Postalcode"


def test_metadata_that_cannot_be_read_gives_the_usual_names() -> None:
    def refuse(*_asked: object) -> Answer:
        return answer("", 403)

    def hang(*_asked: object) -> Answer:
        raise Temporary("a", "b", "c")

    assert not Names.load(Scripted(refuse)).known
    assert not Names.load(Scripted(hang)).known


def test_names_survive_a_cache() -> None:
    names = Names.parse(XML)
    assert Names.from_dict(json.loads(json.dumps(names.to_dict()))) == names


def test_a_cache_of_an_earlier_version_lacks_sets() -> None:
    document = Names.parse(XML).to_dict()
    del document["sets"][PRODUCT]
    names = Names.from_dict(document)
    assert names.known
    assert names.resolve(PRODUCT, ["salesprice"]) == "SalesPrice"
    assert names.resolve(ORGANIZATION, ["VATNumber"]) == "VatNumber"


@pytest.mark.parametrize("document", [{}, {"sets": {}, "known": True}, {"sets": 3, "known": True}])
def test_something_else_in_the_cache_is_told(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="names"):
        Names.from_dict(document)


def test_a_tenant_has_all_the_usual_names(peer: Peer) -> None:
    names = Names.load(peer.connection())
    assert names.known
    for entity_set, members in USUAL.items():
        assert names.known_of(entity_set, members) == members


def test_a_tenant_has_more_than_the_usual_names(peer: Peer) -> None:
    names = peer.tribe().names
    assert names.resolve(PERSON, ["birthdate"]) == "BirthDate"
    assert names.resolve(ORGANIZATION_CUSTOMER, ["ismasteraccount"]) == "IsMasterAccount"
