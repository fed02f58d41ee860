"""What one event changes in an instance, by the meaning of BPMN. Pure: no clock, no SQL, no I/O."""
