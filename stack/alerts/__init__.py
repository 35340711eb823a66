"""The alerts: the rules, and how they reach Prometheus, Grafana and people."""
