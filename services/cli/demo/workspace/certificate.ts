/**
 * A self-signed certificate for 127.0.0.1 and localhost, made when a test begins: ECDSA P-256, one day. Written out as DER
 * (RFC 5280), because Node can sign and read certificates but not make them, and a key that is checked in is no secret.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  cert: string;
  key: string;
}

const tlv = (tag: number, ...contents: Buffer[]): Buffer => {
  const body = Buffer.concat(contents);
  const length =
    body.length < 0x80
      ? Buffer.from([body.length])
      : body.length < 0x100
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...contents: Buffer[]) => tlv(0x30, ...contents);
const explicit = (at: number, ...contents: Buffer[]) => tlv(0xa0 + at, ...contents);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Buffer) => tlv(0x03, Buffer.from([0]), content);
const time = (at: Date) => tlv(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const ALT_NAME = oid('551d11');

/** For whom, and until when; left out: loopback, a day from now. */
export interface CertificateFor {
  host?: string;
  ip?: readonly [number, number, number, number];
  untilMs?: number;
}

export function selfSigned({ host = 'localhost', ip = [127, 0, 0, 1], untilMs }: CertificateFor = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, Buffer.from(host)))));
  const now = Date.now();
  const serial = randomBytes(8);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const tbs = sequence(
    explicit(0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ECDSA_SHA256,
    name,
    sequence(time(new Date(now - 3_600_000)), time(new Date(untilMs ?? now + 86_400_000))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        sequence(
          BASIC_CONSTRAINTS,
          tlv(0x01, Buffer.from([0xff])),
          tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff])))),
        ),
        sequence(ALT_NAME, tlv(0x04, sequence(tlv(0x82, Buffer.from(host)), tlv(0x87, Buffer.from(ip))))),
      ),
    ),
  );
  const der = sequence(tbs, ECDSA_SHA256, bits(sign('sha256', tbs, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
