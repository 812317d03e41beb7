"""How much params tell of a metric: scikit-learn's own figures, made in a process of its own."""
