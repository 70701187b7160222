"""Readers: functions, methods and modules by which Python gets at data that nobody hands to it.

Functions are known by their dotted names, methods of whatever object by their last one. Modules that fetch from
elsewhere (a database, a store, a server) count with everything in them.
"""

from __future__ import annotations

import re

_FORMATS = (
    "arrow|avro|blob|bytes|clipboard|csv|csv_batched|csv_auto|database|database_uri|delta|excel|feather|file|files|"
    "fwf|gbq|hdf|html|iceberg|ipc|ipc_stream|json|json_auto|ndjson|ods|orc|parquet|pickle|pyarrow_dataset|sas|schema|"
    "spss|sql|sql_query|sql_table|stata|table|text|xml"
)
_METHODS = re.compile(
    rf"(?:read|scan)_(?:{_FORMATS})|(?:csv|json|parquet)_scan|from_(?:csv_auto|parquet)|fromfile|fromregex|genfromtxt|"
    r"imread|loadtxt|open_(?:csv|dataset|file|input_file|input_stream|mfdataset|zarr)|table_function"
)
"""Names that nothing but a reader has."""
_FUNCTIONS = re.compile(
    r"open|(?:_io|_pyio|io)\.(?:open|open_code|FileIO)|codecs\.(?:open|EncodedFile)|os\.(?:open|link|symlink)|"
    r"tokenize\.open|(?:gzip|bz2|lzma|tarfile|wave|PIL\.Image)\.open|gzip\.GzipFile|bz2\.BZ2File|lzma\.LZMAFile|"
    r"zipfile\.(?:ZipFile|PyZipFile|Path)|tarfile\.TarFile|mmap\.mmap|fileinput\.\w+|linecache\.\w+|filecmp\.\w+|"
    r"shutil\.(?:copy\w*|move|unpack_archive)|pathlib\.\w+\.(?:open|read_text|read_bytes)|"
    r"(?:xml|lxml)(?:\.\w+)*\.(?:i?terparse|parse|fromfile)|mailbox\.\w+|netrc\.netrc|"
    r"pandas(?:\.\w+)*\.(?:read_\w+|ExcelFile|HDFStore|TextFileReader|get_handle)|"
    r"(?:geopandas|modin|dask|cudf|polars|daft|awswrangler|pandas_gbq)(?:\.\w+)*\.(?:read|scan)_\w+|"
    r"pyarrow(?:\.\w+)*\.(?:read_\w+|open_\w+|memory_map|input_stream|OSFile|MemoryMappedFile|ParquetFile|"
    r"ParquetDataset|ORCFile|dataset|parquet_dataset|FileSystemDataset|\w+FileSystem|FileSystem)|"
    r"numpy(?:\.\w+)*\.(?:load|loadtxt|genfromtxt|fromfile|memmap|open_memmap|fromregex|DataSource)|"
    r"scipy\.io\.\w+(?:\.\w+)*|joblib\.load|torch\.(?:load|from_file)|duckdb\.(?:read|scan|from)_\w+|"
    r"sklearn\.datasets\.(?:fetch_\w+|load_files|load_svmlight_files?)|seaborn\.load_dataset|"
    r"(?:openpyxl|xlrd)\.(?:load_workbook|open_workbook)|h5py\.File|netCDF4\.Dataset|xarray\.(?:open|load)_\w+|"
    r"scipy\.sparse(?:\.\w+)*\.load_npz|statsmodels(?:\.\w+)*\.(?:get_rdataset|webuse)|librosa(?:\.\w+)*\.(?:load|stream)|"
    r"(?:fiona|rasterio|zstandard)\.open|lmdb\.(?:open|Environment)|(?:pyreadr|pyreadstat)\.read_\w+|pyxlsb\.open_workbook|"
    r"wandb(?:\.\w+)*\.(?:Api|restore|use_artifact)|tables\.open_file|zarr\.(?:open\w*|load)|cv2\.imread|imageio(?:\.\w+)*\.\w*read\w*|soundfile\.\w+|"
    r"bz2|codecs|duckdb|fileinput|gzip|h5py|io|_io|joblib|linecache|lzma|shutil|sqlite3|tarfile|zipfile|"
    r"mlflow(?:\.\w+)*\.(?:MlflowClient|artifacts|data|load_\w+|search_\w+)|configparser\.\w+\.read|"
    r"asyncio\.open_(?:unix_)?connection|tensorflow\.(?:data|io)(?:\.\w+)*"
)
"""Modules count by themselves where they are handed to others, which may call whatever is in them."""
_CONNECTIONS = frozenset(
    {"adbc_driver_duckdb.dbapi.connect", "duckdb.connect", "sqlite3.Connection", "sqlite3.connect"}
)
"""What reads a file where it is given one, and keeps its own tables in memory otherwise."""
IN_MEMORY = frozenset({"", ":memory:", ":default:"})
_OUTSIDE = frozenset({
    "MySQLdb", "adlfs", "aiobotocore", "aiohttp", "aiomysql", "asyncpg", "azure", "boto3", "botocore", "cassandra",
    "clickhouse_connect", "clickhouse_driver", "confluent_kafka", "cx_Oracle", "databricks", "datasets", "dbm",
    "deltalake", "diskcache", "dvc.api", "elasticsearch", "feast", "fsspec", "ftplib", "gcsfs", "gdown",
    "google.cloud", "grpc", "gspread", "hdfs", "hsfs", "http.client", "httpx", "huggingface_hub", "ibis", "imaplib",
    "impala", "intake", "kafka", "kaggle", "kagglehub", "keras.datasets", "lance", "minio", "mysql", "nntplib",
    "openml", "opensearchpy", "oracledb", "pandas_datareader", "paramiko", "peewee", "pika", "pooch", "poplib",
    "prestodb", "psycopg", "psycopg2", "pycurl", "pyhive", "pyiceberg", "pymongo", "pymssql", "pymysql", "pyodbc",
    "pysftp", "pyspark", "redis", "requests", "s3fs", "smart_open", "snowflake", "socket", "sqlalchemy", "telnetlib",
    "tensorflow_datasets", "tinydb", "torchaudio.datasets", "torchvision.datasets", "trino", "turbodbc",
    "urllib.request", "urllib3", "vaex", "websocket", "websockets", "wget", "xmlrpc", "yfinance",
})  # fmt: skip
_HARMLESS = re.compile(r"\w+(?:\.\w+)*\.(?:exceptions?(?:\.\w+)*|\w+(?:Error|Exception|Timeout|Warning))")
_WRITING = re.compile(r"[waxbt]*[wax][waxbt]*")
_OPENING = re.compile(r"open|(?:_io|_pyio|io|codecs|gzip|bz2|lzma)\.\w*(?:open|File|FileIO)")
_SQL_METHODS = frozenset({"execute", "executemany", "from_query", "query", "query_df", "sql"})
SQL_ENGINES = frozenset({"duckdb", "polars", "sqlite3", "pyspark", "adbc_driver_duckdb"})
"""Modules whose SQL may name files."""

_READING = (
    r"\w{0,40}(?:blob|csv|delta|glob|iceberg|json|mysql|parquet|postgres|read|scan|sniff|sqlite)\w{0,40}\s*\(\s*\[?"
)
_LONGEST_QUERY = 10_000
"""Letters of a query from which on it may read any file."""
_FROM_FILE = re.compile(rf"(?:\b(?:ATTACH|DATABASE|EXISTS|FROM|JOIN)|\b{_READING})\s*(['\"])(.*?)\1", re.IGNORECASE)
_ANYWHERE = re.compile(r"[^'\"]*(?:://[^'\"]*|\.(?:csv|duckdb|json|jsonl|ndjson|parquet|sqlite3?|tsv|xlsx)(?:\.\w+)?)")
"""Files, wherever they stand in a query in quotes."""
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_FROM_ANY = re.compile(rf"(?:\b(?:ATTACH|FROM|JOIN)|\b{_READING})\s*['\"]?\0", re.IGNORECASE)
_IS_FILE = re.compile(r".*(?:/|\.\w{2,8}(?:\.\w{2,4})?\Z).*", re.DOTALL)
_QUOTED = re.compile(r"'([^'\n]+)'|\"([^\"\n]+)\"")


def is_reader(dotted: str) -> bool:
    """Whether a function or class, or what the name is a part of, reads data by itself, whatever it is given."""
    if _FUNCTIONS.fullmatch(dotted) is not None or is_outside(dotted):
        return True
    parts = dotted.split(".")
    return any(_FUNCTIONS.fullmatch(".".join(parts[:count])) for count in range(2, len(parts)))


def is_outside(dotted: str) -> bool:
    """Whether a dotted name is part of a module that fetches from elsewhere."""
    parts = dotted.split(".")
    starts = {".".join(parts[:count]) for count in (1, 2)}
    return not _OUTSIDE.isdisjoint(starts) and _HARMLESS.fullmatch(dotted) is None


def is_connection(dotted: str) -> bool:
    """Whether a function opens a database, which may be a file."""
    return dotted in _CONNECTIONS


def is_method(name: str) -> bool:
    """Whether an attribute of whatever object reads data, by its name alone."""
    return _METHODS.fullmatch(name) is not None


def takes_sql(name: str) -> bool:
    """Whether a method of this name may take a query."""
    return name in _SQL_METHODS


def takes_mode(dotted: str) -> bool:
    """Whether a function takes a mode after the file, by which it may only write."""
    return _OPENING.fullmatch(dotted) is not None


def only_writes(mode: str) -> bool:
    """Whether a file that is opened in this mode cannot be read."""
    return _WRITING.fullmatch(mode) is not None


def files_in_sql(query: str) -> tuple[str, ...] | None:
    """The files that a query reads; None where it may read any, as one whose name is put in (a NUL stands there)."""
    if len(query) > _LONGEST_QUERY:
        return None
    query = _COMMENT.sub(" ", query)
    if _FROM_ANY.search(query) or query.lstrip().startswith("\0"):
        return None
    found = [one[2] for one in _FROM_FILE.finditer(query) if _IS_FILE.fullmatch(one[2])]
    found += [one for pair in _QUOTED.findall(query) for one in pair if _ANYWHERE.fullmatch(one)]
    return tuple(dict.fromkeys(found))


def names_in(text: str) -> list[str]:
    """What a text may name: itself and, as in SQL, whatever is in quotes within."""
    return [text, *(one for pair in _QUOTED.findall(text) for one in pair if one)]
