"""What a node kind can do to an instance, in words of the flow language. Pure: no clock, no SQL, no I/O."""
