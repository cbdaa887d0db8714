"""Keeps Tribe CRM and PowerOffice Go in step."""
