"""Keeps Tribe CRM and PowerOffice Go in step."""

__version__ = "0.1.0"
