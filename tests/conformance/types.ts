/** What a driver's test gives to the suites: how to open it, open it again, and what it cannot do. */
import type { Drivers } from '../../services/runtime/drivers.js';

/** @typeParam D the drivers that the suite looks at; a fixture of one port needs no others */
export interface Fixture<D = Drivers> {
  drivers: D;
  /** Closes and opens again over what is durable. */
  reopen(): Promise<D>;
  /** Further drivers over the same data, as another process would open them; absent where only one may. */
  another?(): Promise<D>;
  /** Closes, and removes what it left. */
  remove(): Promise<void>;
}

export interface DriverUnderTest<D = Drivers> {
  name: string;
  open: () => Promise<Fixture<D>>;
  capabilities: {
    /** Partitions a topic has; order is checked per key, and offsets per partition. */
    partitions: number;
    /** Largest record in bytes. */
    maxRecordBytes: number;
  };
}
