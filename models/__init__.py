"""What is true: tables, settings, errors and the database. Nothing here knows of workers or HTTP."""
