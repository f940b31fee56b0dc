"""The ledger's forms: texts as people write them become the bodies that the API takes."""
