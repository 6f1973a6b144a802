"""What every request passes through: proxies, page cache, middleware, logs, static files."""
