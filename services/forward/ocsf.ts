/**
 * An incident as an OCSF Detection Finding (class 2004), with the Incident profile and, where a model is known, AI Operation.
 * Field names and numbers: https://schema.ocsf.io/1.7.0/classes/detection_finding. Pure, and the same bytes for the same
 * incident version, so that a reader can drop repeats by `metadata.uid`.
 */
import type { Incident } from '../../schemas/incident.js';
import type { Severity } from '../../schemas/common.js';
import { deliveryId } from './sink.js';

export const OCSF_VERSION = '1.7.0';
const CLASS = 2004;

const SEVERITY: Record<Severity, { id: number; name: string }> = {
  informational: { id: 1, name: 'Informational' },
  low: { id: 2, name: 'Low' },
  medium: { id: 3, name: 'Medium' },
  high: { id: 4, name: 'High' },
};
const STATUS: Record<Incident['status'], { id: number; name: string }> = {
  new: { id: 1, name: 'New' },
  active: { id: 2, name: 'In Progress' },
  closed: { id: 4, name: 'Resolved' },
};
const VERDICT = {
  true: { id: 2, name: 'True Positive' },
  false: { id: 1, name: 'False Positive' },
  benign: { id: 5, name: 'Benign' },
} as const;
const ACTIVITY = {
  create: { id: 1, name: 'Create' },
  update: { id: 2, name: 'Update' },
  close: { id: 3, name: 'Close' },
} as const;

export type OcsfRecord = Record<string, unknown>;

export function toOcsf(incident: Incident, product: { version: string }): OcsfRecord {
  const activity =
    incident.status === 'closed' ? ACTIVITY.close : incident.version === 1 ? ACTIVITY.create : ACTIVITY.update;
  const severity = SEVERITY[incident.severity];
  const status = STATUS[incident.status];
  const confidence = incident.findings.reduce((highest, finding) => Math.max(highest, finding.confidence), 0);
  const times = incident.findings.map((finding) => finding.timeMs);
  const models = incident.entities.filter((entity) => entity.type === 'model');
  const enforced = incident.mode === 'enforce' && incident.contractionIds.length > 0;
  return {
    activity_id: activity.id,
    activity_name: activity.name,
    category_uid: 2,
    category_name: 'Findings',
    class_uid: CLASS,
    class_name: 'Detection Finding',
    type_uid: CLASS * 100 + activity.id,
    type_name: `Detection Finding: ${activity.name}`,
    time: whole(incident.updatedAtMs),
    ...(times.length === 0 ? {} : { start_time: whole(Math.min(...times)), end_time: whole(Math.max(...times)) }),
    severity_id: severity.id,
    severity: severity.name,
    status_id: status.id,
    status: status.name,
    confidence_id: confidence >= 0.8 ? 3 : confidence >= 0.5 ? 2 : 1,
    confidence: confidence >= 0.8 ? 'High' : confidence >= 0.5 ? 'Medium' : 'Low',
    confidence_score: Math.round(confidence * 100),
    is_alert: incident.status !== 'closed',
    message: incident.title,
    ...(incident.verdict === undefined
      ? {}
      : {
          verdict_id: VERDICT[incident.verdict.value].id,
          verdict: VERDICT[incident.verdict.value].name,
          comment: incident.verdict.reason,
        }),
    metadata: {
      version: OCSF_VERSION,
      uid: deliveryId(incident),
      sequence: incident.version,
      tenant_uid: incident.tenant,
      profiles: ['incident', ...(models.length > 0 ? ['ai_operation'] : [])],
      product: { name: 'Stepdown', vendor_name: 'Stepdown', version: product.version },
      logged_time: whole(incident.updatedAtMs),
    },
    finding_info: {
      uid: incident.id,
      title: incident.title,
      desc: incident.timeline
        .map((entry) => entry.text)
        .join('\n')
        .slice(0, 8000),
      created_time: whole(incident.openedAtMs),
      modified_time: whole(incident.updatedAtMs),
      ...(times.length === 0
        ? {}
        : { first_seen_time: whole(Math.min(...times)), last_seen_time: whole(Math.max(...times)) }),
      types: [...new Set(incident.findings.map((finding) => finding.type))],
      // ATLAS techniques; OCSF carries them in the same object as ATT&CK's, told apart by their `AML.` ids.
      attacks: incident.atlas.map((uid) => ({
        technique: { uid, name: uid, src_url: `https://atlas.mitre.org/techniques/${encodeURIComponent(uid)}` },
      })),
      ...(incident.playbooks[0] === undefined ? {} : { analytic: analytic(incident.playbooks[0]) }),
      related_analytics: incident.playbooks.slice(1).map(analytic),
      related_events: incident.findings.map((finding) => ({
        uid: finding.id,
        type: finding.type,
        title: finding.title,
        severity_id: SEVERITY[finding.severity].id,
        created_time: whole(finding.timeMs),
      })),
      related_events_count: incident.findings.length,
      tags: [
        ...incident.owasp.map((value) => ({ name: 'owasp_asi', value })),
        ...incident.pillars.map((value) => ({ name: 'zero_trust_pillar', value })),
      ],
    },
    resources: incident.entities.map((entity) => ({ uid: entity.id, type: entity.type, namespace: entity.tenant })),
    ...(models[0] === undefined ? {} : { ai_model: { name: models[0].id, ai_provider: 'Unknown' } }),
    // What OCSF has no field for; a reader that knows Stepdown finds the whole story here.
    unmapped: {
      stepdown: {
        mode: incident.mode,
        enforced,
        contraction_uids: incident.contractionIds,
        trace_uids: incident.traceIds,
        timeline: incident.timeline,
        timeline_dropped: incident.timelineDropped,
        ...(incident.digestOf === undefined ? {} : { digest_of: incident.digestOf }),
        ...(incident.exception === undefined ? {} : { proposed_exception: incident.exception }),
      },
    },
  };
}

function analytic(playbook: Incident['playbooks'][number]): OcsfRecord {
  // analytic.type_id 1: Rule.
  return { uid: playbook.id, name: playbook.name, version: String(playbook.version), type_id: 1, type: 'Rule' };
}

/** OCSF's timestamp_t is a whole number of milliseconds. */
function whole(ms: number): number {
  return Math.round(ms);
}
