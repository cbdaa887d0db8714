"""Tribe CRM, imitated: a tenant with its records, and the OData API to them."""
