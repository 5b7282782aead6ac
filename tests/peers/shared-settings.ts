/** Of the broker that test files share. Rights are asked for, as the doctor's tests need it; where none are set, all have all. */
export const SHARED_SETTINGS = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
} as const;
