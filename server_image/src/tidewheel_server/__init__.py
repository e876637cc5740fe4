"""The model server: loads one verified model version and answers the Open Inference Protocol."""
