"""Where runs are kept: MLflow SQLite file, any MLflow server over REST."""
