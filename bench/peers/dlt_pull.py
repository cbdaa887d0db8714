"""Pulls all customers from PowerOffice into DuckDB with dlt; needs a venv of its own."""

import os
import sys

import dlt
import requests
from dlt.sources.rest_api import rest_api_source

environment = os.environ
key = {"Ocp-Apim-Subscription-Key": environment["POWEROFFICE_SUBSCRIPTION_KEY"]}
token = requests.post(
    environment["POWEROFFICE_TOKEN_URL"],
    {"grant_type": "client_credentials"},
    auth=(environment["POWEROFFICE_APP_KEY"], environment["POWEROFFICE_CLIENT_KEY"]),
    headers=key,
    timeout=60,
).json()["access_token"]
source = rest_api_source(
    {
        "client": {
            "base_url": environment["POWEROFFICE_API_URL"] + "/",
            "headers": key,
            "auth": {"type": "bearer", "token": token},
            "paginator": {
                "type": "page_number",
                "base_page": 1,
                "page_param": "PageNumber",
                "total_path": None,
                "maximum_page": int(sys.argv[1]) // 1000 + 1,
            },
        },
        "resources": [
            {
                "name": "customers",
                "primary_key": "Id",
                "write_disposition": "merge",
                "endpoint": {
                    "path": "Customers",
                    "params": {"PageSize": 1000, "OrderBy": "Id asc"},
                },
            }
        ],
    }
)
pipeline = dlt.pipeline("bench", destination="duckdb", dataset_name="pulled", pipelines_dir=".")
pipeline.run(source)
rows = pipeline.last_trace.last_normalize_info.row_counts["customers"]
if rows != int(sys.argv[1]):
    sys.exit(f"dlt pulled {rows} customers")
