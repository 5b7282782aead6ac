#!/bin/sh
# Makes the certificates that the receiver and the API need to be reached from outside their containers. Nothing is made
# anew while what is there still holds for a month. Clients trust /tls/ca.pem:
#   docker compose cp gateway:/etc/stepdown/tls/ca.pem .
set -eu
cd /tls
if [ -s server.pem ] && openssl x509 -checkend 2592000 -noout -in server.pem; then exit 0; fi
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 825 \
  -subj '/CN=Stepdown on this machine' -addext 'basicConstraints=critical,CA:TRUE' -keyout ca.key -out ca.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj '/CN=localhost' -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost,DNS:ingest,DNS:gateway,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 397 -extfile server.ext -out server.pem
# Names and audit entries are sealed with these by every process alike.
for key in user audit; do [ -s "$key.key" ] || openssl rand -hex 32 > "$key.key"; done
rm -f server.csr server.ext ca.srl
chown 10001:10001 ./*
chmod 0444 ca.pem server.pem
chmod 0400 server.key user.key audit.key ca.key
