"""All that knows Tribe CRM."""
