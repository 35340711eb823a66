"""What `make up` says at its end."""

from __future__ import annotations

from operate import up


def test_the_last_lines_name_the_urls_and_the_way_to_the_password() -> None:
    urls = {"grafana_url": "http://127.0.0.1:3000", "prometheus_url": "http://127.0.0.1:9090"}
    text = up.closing("dev", urls)
    assert all(url in text for url in urls.values())
    assert "pulumi config get monitoring:grafanaAdminPassword --stack dev" in text


def test_the_last_lines_give_the_tunnel_to_what_only_the_server_itself_reaches() -> None:
    urls = {"grafana_url": "http://localhost:3000", "prometheus_url": "http://localhost:9090"}
    tunnel = "ssh -N -L 3000:localhost:3000 -L 9090:localhost:9090 deploy@server"
    assert tunnel in up.closing("prod", urls, "ssh://deploy@server")
    assert "ssh" not in up.closing("prod", urls)
    open_urls = {key: url.replace("localhost", "server") for key, url in urls.items()}
    assert "ssh" not in up.closing("prod", open_urls, "ssh://deploy@server")
