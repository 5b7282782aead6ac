/** What a driver's test gives to the suites: how to open it, open it again, and what it cannot do. */
import type { Drivers } from '../../services/runtime/drivers.js';

export interface Fixture {
  drivers: Drivers;
  /** Closes and opens again over what is durable. */
  reopen(): Promise<Drivers>;
  /** Closes, and removes what it left. */
  remove(): Promise<void>;
}

export interface DriverUnderTest {
  name: string;
  open: () => Promise<Fixture>;
  capabilities: {
    /** Partitions a topic has; order is checked per key, and offsets per partition. */
    partitions: number;
    /** Largest record in bytes. */
    maxRecordBytes: number;
  };
}
