"""Request handling: trusted proxies, page cache, middleware, logs, static files."""
