"""Train: fit the candidates, judge the best against the champion, publish what passed."""
