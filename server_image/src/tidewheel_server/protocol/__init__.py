"""The Open Inference Protocol: requests in, answers out, from the state of the model."""
