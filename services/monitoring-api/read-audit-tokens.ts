import type { Environment } from '../../configuration/environment.js';
import { parseTokens } from '../shared/auth/bearer.js';

type Variables = 'RUNBOOK_ENVIRONMENT' | 'SERVICE_TOKEN' | 'SRE_TOKEN';

/**
 * Whose tokens may read the audit, which names persons and tenants: none, and so everybody's, on one's own machine.
 * @throws Error outside `local` when it would stand open.
 */
export function readAuditTokens(environment: Pick<Environment, Variables>): readonly string[] {
  const { RUNBOOK_ENVIRONMENT: name, SERVICE_TOKEN, SRE_TOKEN } = environment;
  if (name === 'local') return [];
  const tokens = parseTokens(SERVICE_TOKEN);
  if (tokens.length === 0) {
    throw new Error(
      `could not start monitoring-api: SERVICE_TOKEN must be set in environment ${name}: without it anybody could read the audit`,
    );
  }
  return [...tokens, ...parseTokens(SRE_TOKEN)];
}
