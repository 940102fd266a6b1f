# /// script
# dependencies = []
# [tool.peer]
# title = "nginx, fixed reply"
# needs = "nginx"
# setup = "{python} {file}"
# command = "nginx -c {work}/nginx.conf -p {work} -e stderr"
# path = "/predict"
# body = "named"
# answers = false
# rows = [1]
# ///
"""The limit that HTTP itself sets here: two processes read the same bodies and give 80 bytes from memory."""

import os
from pathlib import Path

CONF = """
daemon off; worker_processes 2; pid {work}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; multi_accept on; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  server {{ listen 127.0.0.1:{port} reuseport; default_type application/json;
    location /predict {{ return 200 '{reply}'; }} }} }}
"""
REPLY = '{"id":"w0-660ec1233741a-6802-1","score":0.5,"arm":"old","fallback":false,"label":1}'

if __name__ == "__main__":
    work = Path(os.environ["WORK"])
    (work / "nginx.conf").write_text(CONF.format(work=work, port=os.environ["PORT"], reply=REPLY))
