"""What a look-back gives to other programs: a SQLite file, CSV files, and Parquet files where pyarrow is installed."""
