import pyarrow.parquet


def scheduled():
    return pyarrow.parquet.read_table("data/flights.parquet")


def rush(table):
    return [moment.hour in (7, 8, 17, 18) for moment in table["departs_at"].to_pylist()]


def saving(y_true, y_pred, rows):
    return float((y_true * (y_pred >= 0.5)).mean())
