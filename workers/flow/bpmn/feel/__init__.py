"""FEEL, the expression language of Camunda 8, as JSONata."""
