"""HTTP to the API server by aiohttp: through a proxy, with traces, or by a host name that is not ASCII."""
