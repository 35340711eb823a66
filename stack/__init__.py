"""The monitoring stack: Prometheus, Loki, Promtail and Grafana on Docker, declared with Pulumi."""
