"""$metadata: the model as CSDL, in step with what the API answers."""

from xml.etree import ElementTree

import pytest

from tests.sandbox.tribe.client import CUSTOMER, ORGANIZATION, PERSON, TribeClient

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture(scope="module")
def schema() -> ElementTree.Element:
    answer = TribeClient().get("$metadata")
    assert answer.mimetype == "application/xml"
    found = ElementTree.fromstring(answer.data).find(f".//{EDM}Schema")
    assert found is not None
    return found


def entity_type(schema: ElementTree.Element, name: str) -> ElementTree.Element:
    found = schema.find(f"{EDM}EntityType[@Name='{name}']")
    assert found is not None
    return found


def own_names(schema: ElementTree.Element, name: str, kind: str = "Property") -> set[str | None]:
    return {item.get("Name") for item in entity_type(schema, name).findall(EDM + kind)}


def inherited_names(schema: ElementTree.Element, name: str) -> set[str | None]:
    names: set[str | None] = set()
    base: str | None = name
    while base:
        names |= own_names(schema, base)
        base = (entity_type(schema, base).get("BaseType") or "").removeprefix("OData.")
    return names


def test_the_namespace_is_odata(schema: ElementTree.Element) -> None:
    assert schema.get("Namespace") == "OData"


def test_the_numbers_are_declared_on_the_base(schema: ElementTree.Element) -> None:
    assert {"DebtorNumber", "CreditorNumber"} <= own_names(schema, "Relation")
    assert {"DebtorNumber", "CreditorNumber"}.isdisjoint(own_names(schema, ORGANIZATION))
    assert entity_type(schema, ORGANIZATION).get("BaseType") == "OData.Relation"
    assert entity_type(schema, "Relation").get("Abstract") == "true"


def test_payment_terms_belong_to_the_concrete_customer(schema: ElementTree.Element) -> None:
    assert "PaymentTermInDays" in own_names(schema, CUSTOMER)
    base = "Relationship_Organization_CommercialRelationship"
    assert "PaymentTermInDays" not in inherited_names(schema, base)


def test_tribes_own_spellings_and_custom_fields(schema: ElementTree.Element) -> None:
    assert "VATNumber" in own_names(schema, ORGANIZATION)
    assert "Postalcode" in own_names(schema, "Address")
    assert {
        "_4be1c0d2__7a15__4c0e__9d3f__20c1b6a7e541",
        "c7d09a3e__51f2__4b86__8e4d__9a0f63b2d718",
    } <= own_names(schema, ORGANIZATION)


def test_navigations_say_where_they_lead(schema: ElementTree.Element) -> None:
    links = {
        item.get("Name"): item.get("Type")
        for name in ("Relation", ORGANIZATION, "Address")
        for item in entity_type(schema, name).findall(f"{EDM}NavigationProperty")
    }
    assert links["InvoiceAddress"] == "OData.Address"
    assert links["Addresses"] == "Collection(OData.Address)"
    assert links["AddressType"] == "OData.Datastore_AdressType"


def test_each_declared_set_answers_with_the_declared_properties(
    schema: ElementTree.Element,
) -> None:
    client = TribeClient()
    client.tenant.add_customer(client.tenant.add_organization(Name="A", InvoiceAddress={}))
    for item in schema.findall(f"{EDM}EntityContainer/{EDM}EntitySet"):
        name = str(item.get("Name"))
        for row in client.rows(name):
            assert set(row) == inherited_names(schema, name) - {"ImportId"}


def test_the_function_is_declared(schema: ElementTree.Element) -> None:
    assert schema.find(f"{EDM}Function[@Name='GetCurrentEmployee']/{EDM}ReturnType") is not None
    assert own_names(schema, PERSON, "NavigationProperty") == {"Address"}


def test_a_tenant_may_hide_its_metadata() -> None:
    client = TribeClient(metadata=False)
    client.refusal(client.get("$metadata"), 404)


def test_json_metadata_is_not_offered_and_metadata_is_not_written() -> None:
    client = TribeClient()
    assert client.get("$metadata", format="json").mimetype == "application/xml"
    client.refusal(client.get("$metadata", select="x"), 400)
    client.refusal(client.send("POST", "$metadata", {}), 405)
