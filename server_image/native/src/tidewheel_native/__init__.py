"""Linear models and trees of scikit-learn in C++; `engine` is compiled from `src/engine`."""
