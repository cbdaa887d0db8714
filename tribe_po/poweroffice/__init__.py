"""All that knows PowerOffice Go."""
