"""PowerOffice Go, imitated: a client with its books, and the API to them."""
