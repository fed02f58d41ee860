"""What every call goes through: credentials, the order of checks, validation, errors, paging."""
