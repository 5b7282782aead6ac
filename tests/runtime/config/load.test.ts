import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, type LoadOptions } from '../../../services/runtime/config.js';
import { configurationDocument } from '../../../services/runtime/config/document.js';
import { CONFIG_KEYS } from '../../../services/runtime/config/keys.js';
import { StepdownError } from '../../../services/runtime/errors.js';

let folder = '';
let cwd = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'stepdown-config-')));
  cwd = process.cwd();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(text: string, name = 'stepdown.yaml'): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}
const load = (text: string, options: LoadOptions = {}) => loadConfig({ file: file(text), env: {}, ...options });

function refusal(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was refused');
}
const faults = (text: string, options: LoadOptions = {}): string[] =>
  refusal(() => load(text, options))
    .describe()
    .split('\n')
    .map((line) => line.replace(`${join(folder, 'stepdown.yaml')}:`, ''));

describe('defaults', () => {
  it('are enough', () => {
    const config = loadConfig({ env: {} });
    expect(config).toMatchObject({
      tenant: 'default',
      dataDir: join(cwd, '.stepdown'),
      clock: 'wall',
      ingest: {
        latenessMs: 900_000,
        skewMs: 120_000,
        otlp: { host: '127.0.0.1', port: 4318, maxBodyBytes: 16 * 1024 * 1024 },
      },
      gateway: { port: 4320, barrierBudgetMs: 2_000 },
      respond: { riskHalfLifeMs: 600_000, leaseMs: 300_000 },
    });
    expect(config.ingest.otlp.token).toBeUndefined();
    expect('token' in config.ingest.otlp).toBe(false);
  });

  it('hold for an empty file, a comment and keys without a value', () => {
    for (const text of ['', '# nothing\n', 'gateway:\n', 'gateway:\n  port:\n'])
      expect(load(text).gateway.port).toBe(4320);
  });

  it('can be read from their own documents', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(configurationDocument(CONFIG_KEYS))?.[1] ?? '';
    expect(load(example).forward.sinks.map(({ type }) => type)).toEqual(['file', 'webhook']);
  });
});

describe('what is read', () => {
  it('takes durations, sizes and paths', () => {
    const config = load(
      'dataDir: data\ningest: { lateness: 1h30m, otlp: { maxBody: 64KiB } }\nrespond: { playbooks: [mine, /abs] }',
    );
    expect(config.ingest.latenessMs).toBe(5_400_000);
    expect(config.ingest.otlp.maxBodyBytes).toBe(65_536);
    expect(config.dataDir).toBe(join(folder, 'data'));
    expect(config.respond.playbooks).toEqual([join(folder, 'mine'), '/abs']);
  });

  it('is frozen all the way down', () => {
    const config = load('forward: { sinks: [{ type: console }] }');
    expect(() => Object.assign(config.gateway, { port: 1 })).toThrow(TypeError);
    expect(() => (config.forward.sinks as unknown[]).push(1)).toThrow(TypeError);
    expect(Object.isFrozen(config.forward.sinks[0])).toBe(true);
  });

  it('lets variables win over the file, and options over both', () => {
    const text = 'gateway: { port: 1000, host: 127.0.0.2 }\nlog: { level: warn }';
    const env = { STEPDOWN_GATEWAY_PORT: '2000', STEPDOWN_LOG_LEVEL: 'debug' };
    const config = load(text, { env, overrides: { gateway: { port: 3000 } } });
    expect([config.gateway.port, config.gateway.host, config.log.level]).toEqual([3000, '127.0.0.2', 'debug']);
  });

  it('takes relative paths of variables and options from the working folder', () => {
    const config = load('dataDir: data', {
      env: { STEPDOWN_RESPOND_BASELINE: 'b.yaml' },
      overrides: { dataDir: 'elsewhere' },
    });
    expect([config.dataDir, config.respond.baseline]).toEqual([join(cwd, 'elsewhere'), join(cwd, 'b.yaml')]);
  });

  it('finds the file named by STEPDOWN_CONFIG', () => {
    const other = file('tenant: other', 'other/other.yaml');
    expect(loadConfig({ env: { STEPDOWN_CONFIG: other } }).tenant).toBe('other');
    expect(loadConfig({ file: file('tenant: asked'), env: { STEPDOWN_CONFIG: other } }).tenant).toBe('asked');
  });
});

describe('what is refused, with its place', () => {
  const cases: [string, string, string[]][] = [
    ['an unknown key', 'gatway:\n  port: 1', ['1:1 config-invalid: unknown key `gatway` (did you mean gateway?)']],
    [
      'an unknown key inside',
      'log:\n  colour: red',
      ['2:3 config-invalid: unknown key `colour` in `log` (known keys: level, format)'],
    ],
    ['another type', 'gateway:\n  port: "4320"', ['2:9 config-invalid: `gateway.port` must be a number, not "4320"']],
    [
      'a number out of range',
      'gateway: { port: 70000 }',
      ['1:18 config-invalid: `gateway.port` must be between 0 and 65535, not 70000'],
    ],
    ['a fraction', 'gateway: { port: 1.5 }', ['1:18 config-invalid: `gateway.port` must be a whole number, not 1.5']],
    ['not a number', 'gateway: { port: .nan }', ['1:18 config-invalid: `gateway.port` must be a number, not null']],
    [
      'a duration without unit',
      'ingest:\n  skew: 15',
      ['2:9 config-invalid: `ingest.skew` must be a duration such as 15m or 1h30m, not 15 (add a unit: 15s, 15m …)'],
    ],
    [
      'a wrong choice',
      'log: { level: inf }',
      [
        '1:15 config-invalid: `log.level` must be one of fatal, error, warn, info, debug, trace, silent, not "inf" (did you mean info?)',
      ],
    ],
    [
      'a yes that is text',
      'ingest: { keepContent: yes }',
      ['1:24 config-invalid: `ingest.keepContent` must be true or false, not "yes"'],
    ],
    [
      'text where a number was written',
      'tenant: 5',
      ['1:9 config-invalid: `tenant` must be text, not a number (put it in quotes)'],
    ],
    [
      'a section that is a list',
      'gateway: [1]',
      ['1:10 config-invalid: `gateway` must be a section of keys, not a list'],
    ],
    [
      'a list that is text',
      'respond: { playbooks: mine }',
      [
        '1:23 config-invalid: `respond.playbooks` must be a list, not text (write each item on a line of its own, with a dash in front)',
      ],
    ],
    [
      'a time zone that is none',
      'timezone: Mars/Olympus',
      [
        '1:11 config-invalid: `timezone` "Mars/Olympus" is no time zone; write an IANA name such as Europe/Berlin or UTC',
      ],
    ],
    [
      'time by events over several partitions',
      "clock: event\nstream: { driver: kafka, kafka: { brokers: ['k:9092'], partitions: 4 } }",
      [
        '2:68 config-invalid: `clock: event` needs one order of everything; 4 partitions would each have a time of their own (set `stream.kafka.partitions: 1` for replays, or `clock: wall`)',
      ],
    ],
    ['a file that is a list', '- 1', ['1:1 config-invalid: the file must be a section of keys']],
    ['a key given twice', 'tenant: a\ntenant: b', ['2:1 config-invalid: Map keys must be unique']],
    [
      'two documents',
      'tenant: a\n---\ntenant: b',
      ['2:1 config-invalid: only one YAML document is allowed in this file'],
    ],
    [
      'an unknown sink',
      'forward:\n  sinks:\n    - type: pager',
      ['3:13 config-invalid: `forward.sinks.0.type` must be one of file, webhook, console, sentinel, not "pager"'],
    ],
    [
      'a webhook without url',
      'forward:\n  sinks:\n    - type: webhook',
      ['3:7 config-invalid: `forward.sinks.0.url` is missing (Where to post; https, or loopback.)'],
    ],
  ];
  it.each(cases)('%s', (_, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it('says everything at once, in the order of the file', () => {
    const lines = faults('tenant: 5\nnope: 1\nlog: { level: loud }\ningest:\n  otlp: { host: 1, port: -1 }');
    expect(lines.map((line) => /^\d+/.exec(line)?.[0])).toEqual(['1', '2', '3', '5', '5']);
  });

  it('names the variable', () => {
    const env = { STEPDOWN_GATEWAY_PORT: 'many', STEPDOWN_GATEWAY_PROT: '1', STEPDOWN_INGEST_KEEP_CONTENT: 'perhaps' };
    expect(
      refusal(() => loadConfig({ env }))
        .describe()
        .split('\n'),
    ).toEqual([
      'STEPDOWN_GATEWAY_PORT config-invalid: `gateway.port` must be a number, not "many"',
      'STEPDOWN_GATEWAY_PROT config-invalid: is no known setting (did you mean STEPDOWN_GATEWAY_PORT?)',
      'STEPDOWN_INGEST_KEEP_CONTENT config-invalid: `ingest.keepContent` must be true or false, not "perhaps"',
    ]);
  });

  it('names the option', () => {
    expect(refusal(() => loadConfig({ env: {}, overrides: { gateway: { port: 'x' } } })).describe()).toMatch(
      /^option .*gateway\.port/,
    );
  });

  it('never shows a secret', () => {
    const text = refusal(() => load('ingest: { otlp: { token: hunter2 } }')).describe();
    expect(text).toContain('ingest.otlp.token');
    expect(text).not.toContain('hunter2');
  });

  it('says that a file asked for is not there', () => {
    const missing = (): unknown => loadConfig({ file: join(folder, 'missing.yaml'), env: {} });
    expect(missing).toThrow(StepdownError);
    expect(missing).toThrow(/missing\.yaml/);
  });
});

describe('what must hold between keys', () => {
  const cases: [string, string, RegExp[]][] = [
    [
      'an open receiver needs token and TLS',
      'ingest: { otlp: { host: 0.0.0.0 } }',
      [/needs a token .*STEPDOWN_INGEST_OTLP_TOKEN/, /needs TLS/],
    ],
    ['an open receiver on IPv6 too', 'ingest: { otlp: { host: "::", token: 0123456789abcdef } }', [/needs TLS/]],
    ['an open gateway needs TLS', 'gateway: { host: 10.0.0.1 }', [/needs TLS/]],
    ['a name that only looks like loopback is none', 'gateway: { host: 127.0.0.1.contoso.example }', [/needs TLS/]],
    [
      'a judge without a model',
      'detect: { inspection: { judge: { url: https://judge.example/v1 } } }',
      [/name of its model/],
    ],
    [
      'a judge of nothing, and one that is asked in the clear',
      'detect: { inspection: { models: none, judge: { url: http://judge.example/v1, model: m, fromPercent: 90, untilPercent: 20 } } }',
      [/there are none/, /in the clear/, /are probabilities/],
    ],
    ['a certificate without key', 'gateway: { tls: { cert: c.pem } }', [/needs its key/]],
    ['half of Entra', 'gateway: { entra: { tenantId: t } }', [/set both/]],
    [
      'two sinks of one name',
      'forward: { sinks: [{ type: console }, { type: console }] }',
      [/two sinks are named console/],
    ],
    [
      'a webhook over plain http',
      'forward: { sinks: [{ type: webhook, url: "http://contoso.example/" }] }',
      [/must use https/],
    ],
    [
      'a password in an address',
      'forward: { sinks: [{ type: webhook, url: "https://u:p@contoso.example/" }] }',
      [/must not carry a password/],
    ],
    ['content kept longer than telemetry', 'retention: { content: 30d }', [/longer than the telemetry/]],
  ];
  it.each(cases)('%s', (_, text, expected) => {
    const lines = faults(text);
    expect(lines).toHaveLength(expected.length);
    expected.forEach((pattern, index) => expect(lines[index]).toMatch(pattern));
    expect(lines[0]).toMatch(/^1:\d+ /);
  });

  it.each(['127.0.0.1', '127.8.9.10', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1'])('%s is loopback', (host) => {
    expect(load(`gateway: { host: "${host}" }`).gateway.host).toBe(host);
  });

  it('allows an open bind with token and TLS', () => {
    const config = load(
      'ingest: { otlp: { host: 0.0.0.0, token: 0123456789abcdef, tls: { cert: c.pem, key: k.pem } } }',
    );
    expect(config.ingest.otlp.tls).toEqual({ cert: join(folder, 'c.pem'), key: join(folder, 'k.pem') });
  });
});

describe('variables', () => {
  it('read each kind of value', () => {
    const config = loadConfig({
      env: {
        STEPDOWN_INGEST_OTLP_MAX_BODY: '1MiB',
        STEPDOWN_INGEST_KEEP_CONTENT: 'false',
        STEPDOWN_RESPOND_PLAYBOOKS: '/a, /b',
        STEPDOWN_FORWARD_SINKS: '[{type: console, name: here}]',
        STEPDOWN_GATEWAY_BARRIER_BUDGET: '3s',
        STEPDOWN_TENANT: '5',
        STEPDOWN_TIMEZONE: '',
      },
    });
    expect(config.ingest.otlp.maxBodyBytes).toBe(1024 * 1024);
    expect(config.ingest.keepContent).toBe(false);
    expect(config.respond.playbooks).toEqual(['/a', '/b']);
    expect(config.forward.sinks).toEqual([{ type: 'console', name: 'here', for: [] }]);
    expect(config.gateway.barrierBudgetMs).toBe(3000);
    expect(config.tenant).toBe('5');
  });

  it('leave alone what the guard reads and what Kubernetes sets', () => {
    const env = {
      STEPDOWN_TOKEN: 'x',
      STEPDOWN_URL: 'http://127.0.0.1:4320',
      STEPDOWN_SERVICE_HOST: '10.0.0.1',
      STEPDOWN_PORT: 'tcp://10.0.0.1:4318',
      STEPDOWN_PORT_4318_TCP_ADDR: '10.0.0.1',
      STEPDOWN_GATEWAY_SERVICE_PORT: '4320',
      STEPDOWN_SERVICE_PORT_OTLP: '4318',
    };
    expect(loadConfig({ env }).gateway.port).toBe(4320);
  });
});

describe('any text at all', () => {
  it('is read or refused with a code, never a crash', () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          'gateway',
          ':',
          ' ',
          '\n',
          '- ',
          '[',
          ']',
          '{',
          '}',
          '&a',
          '*a',
          '!!js',
          '"',
          "'",
          '|',
          '>',
          '#',
          '\t',
          '%',
          '---',
          'port',
          '4',
          '\u0000',
          '🗝',
          '<<',
          '? ',
          ',',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        try {
          load(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StepdownError);
          expect((error as StepdownError).code).toBe('config-invalid');
        }
      }),
      { numRuns: 200 },
    );
  });
});
