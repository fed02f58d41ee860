"""Definitions from files of BPMN and back, by what the catalogue says of each type of node."""
