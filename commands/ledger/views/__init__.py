"""Pages that change the ledger: each form is one command."""
