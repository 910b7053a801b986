"""The embedded default: PostgreSQL and Valkey from wheels, web and worker, under one supervisor.

Standard library only, since it starts before Django. Nothing here is used where `DATABASE_URL` and `REDIS_URL` are set.
"""
