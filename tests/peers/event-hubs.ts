/**
 * An event hub on loopback: AMQP 1.0 as the service speaks it to the vendor's client (claims-based tokens, `$management`,
 * receivers by offset filter, epochs), and the ways in which it misbehaves. Records lie in memory; a test puts them there.
 */
import type { AddressInfo } from 'node:net';
import rhea, { type Connection, type Container, type EventContext, type Sender, type Typed } from 'rhea';

const { types } = rhea;
const ARRAY_OF_STRINGS = 0xa1;
const SELECTOR = /amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'/;

interface StoredRecord {
  sequence: number;
  offset: string;
  enqueuedMs: number;
  body: Buffer;
  contentType: string | undefined;
  properties: Record<string, string> | undefined;
}

export interface SentRecord {
  body: Uint8Array | string;
  contentType?: string;
  properties?: Record<string, string>;
  enqueuedMs?: number;
}

interface Reader {
  link: Sender;
  connection: Connection;
  partition: number;
  group: string;
  epoch: number | undefined;
  next: number;
}

/** What the library keeps of a link for its next detach; its own `detach` takes no reason. */
interface Detachable {
  local: { detach: { error?: { condition: string; description: string } } };
}

export interface PeerOptions {
  partitions?: number;
  hub?: string;
  /** 0: the system picks one. */
  port?: number;
}

export class EventHubsPeer {
  readonly hub: string;
  readonly #container: Container;
  #server: ReturnType<Container['listen']> | undefined;
  readonly #logs: StoredRecord[][];
  readonly #oldest: number[];
  readonly #readers = new Set<Reader>();
  readonly #connections = new Set<Connection>();
  readonly #replies = new Map<Connection, Map<string, Sender>>();
  readonly #authorised = new WeakMap<Connection, Set<string>>();
  readonly #createdAt = new Date();
  #port: number;
  #refusals: { condition: string; left: number } = { condition: '', left: 0 };
  #tokenRefusals: { status: number; left: number } = { status: 401, left: 0 };
  /** What clients did: for looking at in tests. */
  readonly seen = {
    tokens: 0,
    tokensRefused: 0,
    attached: [] as { partition: number; epoch: number | undefined; from: string }[],
    stolen: 0,
  };

  constructor({ partitions = 2, hub = 'telemetry', port = 0 }: PeerOptions = {}) {
    this.hub = hub;
    this.#port = port;
    this.#logs = Array.from({ length: partitions }, () => []);
    this.#oldest = this.#logs.map(() => 0);
    this.#container = rhea.create_container({ id: 'event-hubs-peer' });
    this.#container.sasl_server_mechanisms.enable_anonymous();
    this.#listenTo(this.#container);
  }

  get connectionString(): string {
    return `Endpoint=sb://localhost:${this.#port};SharedAccessKeyName=listen;SharedAccessKey=a2V5;UseDevelopmentEmulator=true;EntityPath=${this.hub}`;
  }

  async start(): Promise<void> {
    const server = this.#container.listen({ port: this.#port, host: '127.0.0.1' });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** The whole service goes away; what it holds stays for the next `start`. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.drop();
    await closed;
  }

  /** Puts records into a partition, in order. Returns the sequence number of the last. */
  append(partition: number, ...records: SentRecord[]): number {
    const log = this.#log(partition);
    for (const record of records) {
      const sequence = (this.#oldest[partition] ?? 0) + log.length;
      log.push({
        sequence,
        // As the service has them: bytes into the log, so not the sequence number.
        offset: String(sequence * 100 + 40),
        enqueuedMs: record.enqueuedMs ?? Date.now(),
        body: Buffer.from(record.body as Uint8Array),
        contentType: record.contentType,
        properties: record.properties,
      });
    }
    for (const reader of this.#readers) if (reader.partition === partition) this.#pump(reader);
    return (this.#oldest[partition] ?? 0) + log.length - 1;
  }

  /** Retention: the first records of a partition are gone. */
  forget(partition: number, count: number): void {
    this.#log(partition).splice(0, count);
    this.#oldest[partition] = (this.#oldest[partition] ?? 0) + count;
  }

  /** Connections end without a word. */
  drop(): void {
    for (const connection of [...this.#connections])
      (connection as unknown as { socket: { destroy(): void } }).socket.destroy();
  }

  /**
   * The service ends the receivers of a partition, e.g. with `amqp:link:detach-forced` when it moves it; by a detach that says
   * that the link is closed, or by one that does not.
   * @param condition `null`: it does not say why
   */
  detach(
    partition: number,
    condition: string | null = 'amqp:link:detach-forced',
    how: 'close' | 'detach' = 'close',
  ): void {
    const error = condition === null ? undefined : { condition, description: `the link was ended: ${condition}` };
    for (const reader of [...this.#readers])
      if (reader.partition === partition) {
        this.#readers.delete(reader);
        if (how === 'close') reader.link.close(error);
        else {
          if (error !== undefined) (reader.link as unknown as Detachable).local.detach.error = error;
          reader.link.detach();
        }
      }
  }

  /** The service ends every connection, or the sessions on them, as it does where it is updated. */
  end(what: 'connections' | 'sessions', condition: string): void {
    const error = { condition, description: `ended: ${condition}` };
    const sessions = new Set([...this.#readers].map(({ link }) => link.session));
    this.#readers.clear();
    if (what === 'sessions') for (const session of sessions) session.close(error);
    else for (const connection of [...this.#connections]) connection.close(error);
  }

  /** The next `count` tokens are answered with this status. */
  refuseTokens(count: number, status: number): void {
    this.#tokenRefusals = { status, left: count };
  }

  /** The connections there are now stay open and are answered no more: a middlebox that lost them, a host that hangs. */
  mute(): void {
    for (const connection of this.#connections) (connection as unknown as { socket: { pause(): void } }).socket.pause();
  }

  /** The next `count` links of receivers are refused. */
  refuse(count: number, condition: string): void {
    this.#refusals = { condition, left: count };
  }

  /** What was authorised is so no more: links end, and a client must put a new token. */
  expireTokens(): void {
    for (const connection of this.#connections) this.#authorised.delete(connection);
    for (const reader of [...this.#readers]) {
      this.#readers.delete(reader);
      reader.link.close({ condition: 'amqp:unauthorized-access', description: 'the token has expired' });
    }
  }

  /** Partitions that are being read, and with which epoch. */
  reading(): { partition: number; epoch: number | undefined }[] {
    return [...this.#readers]
      .map(({ partition, epoch }) => ({ partition, epoch }))
      .sort((a, b) => a.partition - b.partition);
  }

  #log(partition: number): StoredRecord[] {
    const log = this.#logs[partition];
    if (log === undefined) throw new RangeError(`no partition ${partition}`);
    return log;
  }

  #listenTo(container: Container): void {
    container.on('connection_open', ({ connection }: EventContext) => {
      this.#connections.add(connection);
      this.#replies.set(connection, new Map());
    });
    const gone = ({ connection }: EventContext): void => {
      this.#connections.delete(connection);
      this.#replies.delete(connection);
      for (const reader of [...this.#readers]) if (reader.connection === connection) this.#readers.delete(reader);
    };
    container.on('disconnected', gone);
    container.on('connection_close', gone);
    container.on('connection_error', () => undefined);
    container.on('session_error', () => undefined);
    container.on('receiver_open', ({ receiver }: EventContext) => {
      if (!receiver) return;
      receiver.set_target({ address: (receiver.target as { address?: string }).address ?? '' });
      receiver.set_source(receiver.source);
    });
    container.on('sender_open', (context: EventContext) => this.#opened(context));
    container.on('sender_close', ({ sender }: EventContext) => {
      for (const reader of [...this.#readers]) if (reader.link === sender) this.#readers.delete(reader);
    });
    container.on('sendable', ({ sender }: EventContext) => {
      for (const reader of this.#readers) if (reader.link === sender) this.#pump(reader);
    });
    container.on('message', (context: EventContext) => this.#asked(context));
  }

  #opened({ sender, connection }: EventContext): void {
    if (!sender) return;
    const address = (sender.source as { address?: string }).address ?? '';
    const target = (sender.target as { address?: string } | undefined)?.address;
    sender.set_source(sender.source);
    if (target !== undefined) sender.set_target({ address: target });
    if (address === '$cbs' || address.endsWith('$management')) {
      // A client asks for answers by the link's address, or by its name.
      for (const name of [target, sender.name])
        if (name !== undefined) this.#replies.get(connection)?.set(name, sender);
      return;
    }
    const match = /^([^/]+)\/ConsumerGroups\/([^/]+)\/Partitions\/(\d+)$/.exec(decodeURIComponent(address));
    const partition = Number(match?.[3]);
    const refused = this.#refusal(connection, address, match?.[1], partition);
    if (refused !== undefined) {
      sender.close({ condition: refused, description: `refused: ${refused}` });
      return;
    }
    const properties = sender.properties as Record<string, unknown> | undefined;
    const epoch = properties?.['com.microsoft:epoch'];
    this.#attach({
      link: sender,
      connection,
      partition,
      group: match?.[2] ?? '',
      epoch: epoch === undefined ? undefined : Number(epoch),
      next: this.#startOf(sender, partition),
    });
  }

  #refusal(connection: Connection, address: string, hub: string | undefined, partition: number): string | undefined {
    if (this.#refusals.left > 0) {
      this.#refusals.left -= 1;
      return this.#refusals.condition;
    }
    if (hub !== this.hub || this.#logs[partition] === undefined) return 'amqp:not-found';
    const allowed = [...(this.#authorised.get(connection) ?? [])].some((audience) => audience.endsWith(address));
    return allowed ? undefined : 'amqp:unauthorized-access';
  }

  /** Of two receivers the higher epoch stays, of two alike the younger; one without an epoch gives way to any. */
  #attach(reader: Reader): void {
    for (const other of [...this.#readers]) {
      if (other.partition !== reader.partition || other.group !== reader.group) continue;
      if (other.epoch === undefined && reader.epoch === undefined) continue;
      if ((reader.epoch ?? -1) < (other.epoch ?? -1)) {
        reader.link.close({ condition: 'amqp:link:stolen', description: 'a receiver with a higher epoch exists' });
        return;
      }
      this.#readers.delete(other);
      this.seen.stolen += 1;
      other.link.close({ condition: 'amqp:link:stolen', description: 'a receiver with a higher epoch was created' });
    }
    this.#readers.add(reader);
    this.seen.attached.push({ partition: reader.partition, epoch: reader.epoch, from: selectorOf(reader.link) });
    this.#pump(reader);
  }

  #startOf(link: Sender, partition: number): number {
    const [, by, than = '>', value = ''] = SELECTOR.exec(selectorOf(link)) ?? [];
    const oldest = this.#oldest[partition] ?? 0;
    if (by === undefined) return oldest;
    const log = this.#log(partition);
    if (value === '@latest') return oldest + log.length;
    const behind = (record: StoredRecord): boolean => {
      const at =
        by === 'offset' ? Number(record.offset) : by === 'sequence-number' ? record.sequence : record.enqueuedMs;
      return than === '>=' ? at >= Number(value) : at > Number(value);
    };
    return log.find(behind)?.sequence ?? oldest + log.length;
  }

  #pump(reader: Reader): void {
    const { link, partition } = reader;
    const log = this.#log(partition);
    const last = log.at(-1);
    while (link.is_open() && link.sendable()) {
      const oldest = this.#oldest[partition] ?? 0;
      reader.next = Math.max(reader.next, oldest);
      const record = log[reader.next - oldest];
      if (record === undefined || last === undefined) return;
      reader.next += 1;
      link.send({
        body: rhea.message.data_section(record.body),
        ...(record.contentType !== undefined && { content_type: record.contentType }),
        ...(record.properties !== undefined && { application_properties: record.properties }),
        message_annotations: {
          'x-opt-sequence-number': types.wrap_long(record.sequence),
          'x-opt-offset': record.offset,
          'x-opt-enqueued-time': types.wrap_timestamp(record.enqueuedMs),
        },
        delivery_annotations: {
          last_enqueued_sequence_number: types.wrap_long(last.sequence),
          last_enqueued_offset: last.offset,
          last_enqueued_time_utc: types.wrap_timestamp(last.enqueuedMs),
          runtime_info_retrieval_time_utc: types.wrap_timestamp(Date.now()),
        },
      });
    }
  }

  #asked({ message, connection, receiver }: EventContext): void {
    if (!message) return;
    const address = (receiver?.target as { address?: string } | undefined)?.address ?? '';
    const asked = (message.application_properties ?? {}) as Record<string, string>;
    const reply = this.#replies.get(connection)?.get(String(message.reply_to));
    if (!reply) return;
    const answer = (status: number, body: unknown): void =>
      void reply.send({
        to: String(message.reply_to),
        correlation_id: message.message_id as string,
        application_properties: { 'status-code': status, 'status-description': status < 300 ? 'OK' : 'refused' },
        body,
      });
    if (address === '$cbs') {
      if (this.#tokenRefusals.left > 0) {
        this.#tokenRefusals.left -= 1;
        this.seen.tokensRefused += 1;
        answer(this.#tokenRefusals.status, '');
        return;
      }
      this.seen.tokens += 1;
      const audiences = this.#authorised.get(connection) ?? new Set<string>();
      audiences.add(asked['name'] ?? '');
      this.#authorised.set(connection, audiences);
      answer(202, '');
      return;
    }
    if (asked['operation'] !== 'READ' || asked['name'] !== this.hub) answer(404, '');
    else
      answer(
        200,
        asked['type'] === 'com.microsoft:partition' ? this.#partitionInfo(Number(asked['partition'])) : this.#hubInfo(),
      );
  }

  #hubInfo(): Record<string, unknown> {
    const ids: Typed = types.wrap_array(
      this.#logs.map((_, index) => String(index)),
      ARRAY_OF_STRINGS,
      undefined,
    );
    return {
      name: this.hub,
      type: 'com.microsoft:eventhub',
      created_at: this.#createdAt,
      partition_count: types.wrap_int(this.#logs.length),
      partition_ids: ids,
      georeplication_factor: types.wrap_int(1),
    };
  }

  #partitionInfo(partition: number): Record<string, unknown> {
    const log = this.#log(partition);
    const last = log.at(-1);
    return {
      name: this.hub,
      type: 'com.microsoft:partition',
      partition: String(partition),
      begin_sequence_number: types.wrap_long(this.#oldest[partition] ?? 0),
      last_enqueued_sequence_number: types.wrap_long(last?.sequence ?? -1),
      last_enqueued_offset: last?.offset ?? '-1',
      last_enqueued_time_utc: new Date(last?.enqueuedMs ?? 0),
      is_partition_empty: log.length === 0,
    };
  }
}

function selectorOf(link: Sender): string {
  const filter = (link.source as { filter?: Record<string, unknown> }).filter;
  const value = filter?.['apache.org:selector-filter:string'];
  const said = (value as { value?: unknown } | undefined)?.value ?? value;
  return typeof said === 'string' ? said : '';
}
