"""Reads statements as JSON lines, parses each for its dialect, and runs its translation on DuckDB over the Parquet files of a folder.

Answers one JSON line per statement: `statements`, how many a text is for the dialect; `rows`, how many its translation gives;
`error`, what went wrong, with the step.
"""

import json
import pathlib
import sys

import sqlglot
from sqlglot import exp

try:
    import duckdb
except ImportError:
    duckdb = None


def tables(folder):
    database = duckdb.connect()
    database.execute("CREATE SCHEMA shop")
    for file in sorted(pathlib.Path(folder).glob("*.parquet")):
        database.execute(f"CREATE TABLE shop.{file.stem} AS SELECT * FROM read_parquet(?)", [str(file)])
    return database


def whole(statement, dialect):
    """Divisions of whole numbers as such. The printer makes no others; the library knows the types of constants only, and loses
    parentheses where a function becomes an operator."""
    for node in reversed(list(statement.find_all(exp.Div, exp.IntDiv))):
        if isinstance(node, exp.IntDiv) or dialect in ("postgres", "redshift"):
            parts = exp.Paren(this=node.this.copy()), exp.Paren(this=node.expression.copy())
            node.replace(exp.Paren(this=exp.IntDiv(this=parts[0], expression=parts[1])))
    return statement


def known(statement):
    """What DuckDB calls the normal form of a text, and its length in bytes."""
    for node in reversed(list(statement.find_all(exp.Normalize))):
        node.replace(exp.func("nfc_normalize", node.this.copy()))
    for node in reversed(list(statement.find_all(exp.Anonymous))):
        if node.name.lower() == "octet_length":
            node.replace(exp.func("strlen", node.expressions[0].copy()))
    return statement


def main(folder):
    database = tables(folder) if duckdb else None
    for line in sys.stdin:
        case = json.loads(line)
        answer, step = {}, "parse"
        try:
            parsed = sqlglot.parse(case["sql"], read=case["dialect"], error_level=sqlglot.ErrorLevel.RAISE)
            answer["statements"] = len([statement for statement in parsed if statement is not None])
            if database:
                step = "translate"
                text = known(whole(parsed[0], case["dialect"])).sql("duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)
                step = "run"
                answer["rows"] = len(database.execute(text).fetchall())
        except Exception as error:
            answer["error"] = f"{step}: {str(error).splitlines()[0]}"
        print(json.dumps(answer), flush=True)


main(sys.argv[1])
