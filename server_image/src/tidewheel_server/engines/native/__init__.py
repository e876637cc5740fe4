"""The engine in C++ (`tidewheel_native`), built from the numbers of a model file."""
