"""The SQL side: tables, sessions, one file of named queries per aggregate."""
