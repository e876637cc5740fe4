"""Parts of a fitted model beyond scikit-learn's: trainer and server import them, nobody else."""
