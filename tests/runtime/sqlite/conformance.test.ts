import { OrderedCheckpoint } from '../../../services/runtime/checkpoint/ordered.js';
import { checkpointConformance } from '../../conformance/checkpoint.js';
import { scheduleConformance } from '../../conformance/schedule.js';
import { storeConformance } from '../../conformance/store.js';
import { streamConformance } from '../../conformance/stream.js';
import { SQLITE } from './fixture.js';

streamConformance(SQLITE);
storeConformance(SQLITE);
scheduleConformance(SQLITE);
checkpointConformance(SQLITE);
checkpointConformance(
  { ...SQLITE, name: 'ordered, over embedded drivers' },
  (drivers) => new OrderedCheckpoint(drivers),
);
