"""Every kind of event."""
