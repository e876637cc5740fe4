"""The Open Inference Protocol over gRPC; imported only where gRPC is on."""
