"""JSONata as it is run here: grammar and tree walk of jsonata-python, functions and bounds of our own."""
