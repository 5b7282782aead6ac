/** What stands in infra to run Stepdown on several machines: the image, the compose file, the chart. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ROLES } from '../../services/composition/roles.js';
import { loadConfig } from '../../services/runtime/config.js';
import { copies, instructionsOf } from './container.js';
import { digestOf, recorded } from './recorded.js';

const root = join(import.meta.dirname, '..', '..');
const infra = join(root, 'infra');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const SERVICES = [...ROLES].sort();
const PINNED = /:(?!latest)[\w.-]*\d[\w.-]*$/;

const scratch = mkdtempSync(join(tmpdir(), 'stepdown-infra-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The version a tool tells, or why it cannot be asked. */
function tool(name: string, args: readonly string[]): { missing?: string } {
  try {
    execFileSync(name, [...args], { stdio: 'pipe' });
    return {};
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    return {
      missing:
        code === 'ENOENT' ? `${name} is not installed` : `${name} ${args.join(' ')}: ${String(stderr).split('\n')[0]}`,
    };
  }
}

describe('the image', () => {
  const instructions = instructionsOf(read('infra', 'container', 'Dockerfile'));
  const last = Math.max(...instructions.map(({ stage }) => stage));
  const of = (name: string): string[] =>
    instructions.filter((each) => each.name === name && each.stage === last).map(({ text }) => text);

  it('is built in stages from named versions, and runs as nobody in particular', () => {
    expect(last).toBe(1);
    for (const { text } of instructions.filter(({ name }) => name === 'FROM'))
      expect(text.split(' ')[0]).toMatch(PINNED);
    expect(of('USER')).toEqual(['10001:10001']);
    expect(of('HEALTHCHECK')[0]).toContain('/healthz');
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('holds what npm would install, and that is enough to run', () => {
    for (const { from, sources } of copies(instructions, 0))
      for (const source of sources) expect(from !== undefined || existsSync(join(root, source)), source).toBe(true);
    expect(copies(instructions, last)).toEqual([{ from: 'build', sources: ['/app'], target: '/opt/stepdown' }]);
    const image = join(scratch, 'image');
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: root,
        encoding: 'utf8',
        stdio: 'pipe',
      }),
    ) as { files: { path: string }[] }[];
    for (const { path } of packed?.files ?? []) {
      if (/^(?:docs|infra|dist\/tests)\//.test(path)) continue;
      mkdirSync(dirname(join(image, path)), { recursive: true });
      copyFileSync(join(root, path), join(image, path));
    }
    // What the package names as its own, and nothing that only its developers have.
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
    for (const [path, { dev }] of Object.entries(packages)) {
      if (!/^node_modules\/(?:@[^/]+\/)?[^/@]+$/.test(path) || dev === true || !existsSync(join(root, path))) continue;
      mkdirSync(dirname(join(image, path)), { recursive: true });
      symlinkSync(join(root, path), join(image, path));
    }
    const run = (...args: string[]): string =>
      execFileSync(process.execPath, [join(image, 'dist/services/cli/stepdown.js'), ...args], {
        cwd: scratch,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    expect(run('--version')).toMatch(/^\d+\.\d+\.\d+/);
    expect(run('playbook', 'check')).toMatch(/\d+ playbooks?/i);
    const { entrypoint, command } = { entrypoint: of('ENTRYPOINT'), command: of('CMD') };
    expect(JSON.parse(entrypoint[0] ?? '')).toEqual([
      'node',
      '--max-semi-space-size=32',
      '/opt/stepdown/dist/services/cli/stepdown.js',
    ]);
    expect(command).toEqual(['["up"]']);
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(image, 'dist/services/cli/stepdown.js'), 'doctor', '--json', '--data-dir', join(scratch, 'data')],
      { cwd: scratch, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    // Nothing runs there yet, which is said as such; everything else is well.
    const checks = JSON.parse(stdout) as { check: string; status: string }[];
    expect(status, stdout).toBeLessThanOrEqual(1);
    expect(checks.length).toBeGreaterThan(3);
    expect(checks.filter(({ status: each, check }) => each === 'problem' && check !== 'engine')).toEqual([]);
    // What is loaded only where it is chosen must load in plain Node too, which finds fewer names than a bundler does.
    const chosen = [
      'runtime/stream/kafka/open.js',
      'runtime/redis/open.js',
      'ingest/sources/kafka.js',
      'ingest/sources/event-hubs.js',
      'composition/engine.js',
    ];
    const script = chosen.map((path) => `await import('./dist/services/${path}');`).join('');
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: image, stdio: 'pipe' });
  });
});

interface ComposeService {
  image: string;
  command?: string[];
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  ports?: string[];
  volumes?: string[];
  networks?: string[];
  tmpfs?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: unknown;
}

describe('the compose file', () => {
  const text = read('infra', 'compose', 'compose.yaml');
  const compose = parse(text, { merge: true }) as {
    services: Record<string, ComposeService>;
    volumes: object;
    networks: object;
  };
  const ours = Object.entries(compose.services).filter(([, { command }]) => command?.[0] === 'run');

  it('runs each service, none of them with more rights than it needs', () => {
    expect(ours.map(([name, { command }]) => [name, command?.[1]]).sort()).toEqual(
      SERVICES.map((name) => [name, name]),
    );
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({
        user: '10001:10001',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(Object.values(service.depends_on ?? {}).map(({ condition }) => condition)).toEqual([
        'service_healthy',
        'service_healthy',
        'service_completed_successfully',
      ]);
    }
    expect(compose.services['kafka']?.healthcheck).toBeDefined();
    expect(compose.services['redis']?.healthcheck).toBeDefined();
  });

  it('offers nothing beyond this machine, and Kafka and Redis to the services alone', () => {
    for (const [name, { ports = [], networks }] of Object.entries(compose.services)) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      if (name === 'kafka' || name === 'redis')
        expect({ ports, networks }).toEqual({ ports: [], networks: ['inside'] });
    }
  });

  it('names versions, files that are there, and variables that example.env asks for', () => {
    for (const [name, { image, volumes = [] }] of Object.entries(compose.services)) {
      if (image !== 'stepdown:local') expect(image, name).toMatch(PINNED);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(join(infra, 'compose', source)), source).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
    const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    const offered = [...read('infra', 'compose', 'example.env').matchAll(/^(\w+)=$/gm)].map(([, name]) => name);
    expect([...new Set(asked)].sort()).toEqual([...offered].sort());
    // A word that is not escaped would be replaced on this machine, not in the container.
    expect(text.match(/[^$]\$[A-Z]/g)).toBeNull();
  });

  it('its configuration, its scrapes and its dashboards fit together', () => {
    const config = loadConfig({
      file: join(infra, 'compose', 'stepdown.yaml'),
      env: { STEPDOWN_INGEST_OTLP_TOKEN: 'x'.repeat(32), STEPDOWN_STORE_REDIS_PASSWORD: 'x'.repeat(32) },
    });
    expect(config).toMatchObject({
      stream: { driver: 'kafka' },
      store: { driver: 'redis' },
      schedule: { driver: 'bullmq' },
    });
    expect(compose.services['kafka']).toBeDefined();
    const { scrape_configs, rule_files } = parse(read('infra', 'compose', 'prometheus.yaml')) as {
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
      rule_files: string[];
    };
    expect([...(scrape_configs[0]?.dns_sd_configs[0]?.names ?? [])].sort()).toEqual(SERVICES);
    expect(scrape_configs[0]?.dns_sd_configs[0]?.port).toBe(config.metrics.port);
    expect(compose.services['prometheus']?.volumes).toContainEqual(
      `../grafana/${rule_files[0]}:/etc/prometheus/${rule_files[0]}:ro`,
    );
    const { providers } = parse(read('infra', 'compose', 'grafana', 'dashboards.yaml')) as {
      providers: { options: { path: string } }[];
    };
    expect(
      compose.services['grafana']?.volumes?.some((volume) => volume.includes(`:${providers[0]?.options.path}/`)),
    ).toBe(true);
  });

  it('docker compose takes it', async () => {
    const env = join(scratch, 'env');
    writeFileSync(env, 'REDIS_PASSWORD=x\nOTLP_TOKEN=x\nGRAFANA_PASSWORD=x\n');
    const folder = join(infra, 'compose');
    const listed = (what: string): string =>
      execFileSync(
        'docker',
        ['compose', '--env-file', env, '-f', join(folder, 'compose.yaml'), 'config', `--${what}`],
        { encoding: 'utf8', stdio: 'pipe' },
      )
        .trim()
        .split('\n')
        .sort()
        .join(' ');
    const ask = () => `services: ${listed('services')}\nvolumes: ${listed('volumes')}\n`;
    const there = tool('docker', ['compose', 'version']).missing === undefined;
    const told = await recorded(
      'compose.txt',
      digestOf(folder, 'config', ['compose.yaml']),
      there ? { ask, same: (kept, made) => kept === made } : undefined,
    );
    const names = Object.keys((parse(text) as { services: object }).services);
    expect(told).toContain(`services: ${names.sort().join(' ')}\n`);
  });
});

/** Manifests by what they say; what is said to a person only by whether it was refused. */
function meansTheSame(kept: string, made: string): boolean {
  const refused = (text: string) => text.startsWith('# Refused');
  if (refused(kept) !== refused(made)) return false;
  if (!made.startsWith('---')) return true;
  const all = (text: string) => JSON.stringify(parseAllDocuments(text).map((document) => document.toJS() as unknown));
  return all(kept) === all(made);
}

interface Manifest {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec?: Record<string, never>;
  data?: Record<string, string>;
}

describe('the chart', () => {
  const chart = join(infra, 'kubernetes', 'stepdown');
  const needed = {
    config: { stream: { kafka: { brokers: ['kafka-0.kafka:9092'] } } },
    secrets: { tls: 'stepdown-tls', keys: 'stepdown-keys', environment: ['stepdown-env'], files: ['hub.one'] },
  };
  const helm = tool('helm', ['version']).missing === undefined;
  const RENDER = ['template', 'stepdown', chart, '--kube-version', '1.31.0', '--namespace', 'agents', '-f'];

  /** What helm says, on either way out; where it is not installed, what it said of the same chart and values. */
  async function said(name: string, words: readonly string[], values: object): Promise<string> {
    const file = join(scratch, 'values.json');
    writeFileSync(file, JSON.stringify(values));
    const ask = (): string => {
      const { stdout, stderr, status } = spawnSync('helm', [...words, file], { encoding: 'utf8' });
      return status === 0 ? stdout : `# Refused\n${stderr}`;
    };
    const told = [words.map((word) => word.replace(chart, 'chart')), values];
    return recorded(
      name,
      digestOf(chart, told),
      helm ? { ask: () => ask().replaceAll(chart, 'chart'), same: meansTheSame } : undefined,
    );
  }
  async function render(name: string, values: object): Promise<Manifest[]> {
    const out = await said(`${name}.yaml`, RENDER, values);
    expect(out).not.toMatch(/^# Refused/);
    return parseAllDocuments(out, { uniqueKeys: true }).flatMap((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() === null ? [] : [document.toJS() as Manifest];
    });
  }
  async function refusal(name: string, values: object): Promise<string> {
    const out = await said(`refused-${name}.txt`, RENDER, values);
    expect(out).toMatch(/^# Refused/);
    return out;
  }
  const of = (manifests: Manifest[], kind: string): Manifest[] =>
    manifests.filter((manifest) => manifest.kind === kind);

  it('its values name every service once, and their schema allows each', () => {
    const values = parse(read('infra', 'kubernetes', 'stepdown', 'values.yaml')) as { services: object };
    const schema = JSON.parse(read('infra', 'kubernetes', 'stepdown', 'values.schema.json')) as {
      properties: { services: { properties: object } };
    };
    expect(Object.keys(values.services).sort()).toEqual(SERVICES);
    expect(Object.keys(schema.properties.services.properties).sort()).toEqual(SERVICES);
  });

  it('helm finds nothing wrong with it', async () => {
    expect(await said('lint.txt', ['lint', '--strict', chart, '-f'], needed)).toContain('0 chart(s) failed');
  });

  it('each service: not root, nothing writable but its folders, probes, a budget, a network policy', async () => {
    const manifests = await render('all', needed);
    const deployments = of(manifests, 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual(SERVICES.map((name) => `stepdown-${name}`));
    for (const { metadata, spec } of deployments) {
      const pod = (spec as unknown as { template: { spec: Record<string, unknown> } }).template.spec;
      expect(pod, metadata.name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            args: ['run', metadata.name.replace('stepdown-', '')],
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            livenessProbe: { httpGet: { path: '/healthz', port: 'metrics' } },
            readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' } },
            envFrom: [{ secretRef: { name: 'stepdown-env' } }],
          },
        ],
      });
      const [container] = pod['containers'] as { volumeMounts: { name: string }[]; resources: object }[];
      expect(container?.resources).toHaveProperty('requests');
      expect(container?.volumeMounts.map(({ name }) => name).sort()).toEqual(
        (pod['volumes'] as { name: string }[]).map(({ name }) => name).sort(),
      );
    }
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy'])
      expect(
        of(manifests, kind)
          .map(({ metadata }) => metadata.name)
          .sort(),
        kind,
      ).toEqual(SERVICES.map((name) => `stepdown-${name}`));
    expect(
      of(manifests, 'Service')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual(['stepdown-gateway', 'stepdown-ingest']);
    // Secrets are named, never held.
    expect(of(manifests, 'Secret')).toEqual([]);
  });

  it('the configuration it makes is one, and the chart decides where services listen', async () => {
    const [map] = of(
      await render('configured', {
        ...needed,
        config: { ...needed.config, gateway: { host: '127.0.0.1', barrierBudget: '1s' } },
      }),
      'ConfigMap',
    );
    const file = join(scratch, 'stepdown.yaml');
    writeFileSync(file, map?.data?.['stepdown.yaml'] ?? '');
    const config = loadConfig({ file, env: { STEPDOWN_INGEST_OTLP_TOKEN: 'x'.repeat(32) } });
    expect(config).toMatchObject({
      dataDir: '/var/lib/stepdown',
      gateway: { host: '0.0.0.0', barrierBudgetMs: 1_000, tls: { cert: '/etc/stepdown/tls/tls.crt' } },
      stream: { kafka: { brokers: ['kafka-0.kafka:9092'] } },
      metrics: { host: '0.0.0.0', port: 9464 },
    });
  });

  it('scales by lag, by either way, and then sets no replicas of its own', async () => {
    const autoscale = { enabled: true, min: 2, max: 6, lagPerReplica: 5_000 };
    const services = { detect: { autoscale }, ingest: { autoscale } };
    const hpa = await render('hpa', { ...needed, services });
    expect(of(hpa, 'HorizontalPodAutoscaler')).toMatchObject([
      {
        spec: {
          maxReplicas: 6,
          metrics: [
            {
              external: {
                metric: { name: 'stepdown_stream_lag_records', selector: { matchLabels: { group: 'detect' } } },
              },
            },
          ],
        },
      },
      { spec: { metrics: [{ external: { metric: { name: 'stepdown_source_lag_records' } } }] } },
    ]);
    expect(of(hpa, 'Deployment').filter(({ spec }) => spec !== undefined && 'replicas' in spec)).toHaveLength(4);
    const keda = await render('keda', {
      ...needed,
      services,
      autoscaling: { kind: 'keda' },
      podMonitor: { enabled: true },
    });
    expect(of(keda, 'ScaledObject')).toHaveLength(2);
    expect(JSON.stringify(of(keda, 'ScaledObject'))).toContain('stepdown_stream_lag_records{group=');
    expect(of(keda, 'PodMonitor')).toHaveLength(1);
    expect(await refusal('no-lag', { ...needed, services: { gateway: { autoscale } } })).toContain(
      'services.gateway has no lag',
    );
  });

  it('refuses values that cannot work, with their place', async () => {
    // Before helm 3.18 places are written with dots.
    const places = async (name: string, values: object) => (await refusal(name, values)).replaceAll('.', '/');
    const nothing = await places('nothing', {});
    for (const place of ['config/stream/kafka/brokers', 'secrets/tls', 'secrets/keys'])
      expect(nothing).toContain(place);
    expect(await refusal('unknown-service', { ...needed, services: { detekt: {} } })).toContain('detekt');
    expect(await places('sqlite', { ...needed, config: { ...needed.config, store: { driver: 'sqlite' } } })).toContain(
      'config/store/driver',
    );
  });
});
