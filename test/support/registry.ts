import { randomUUID } from 'node:crypto';
import type { Database } from '../../services/shared/storage/database.js';
import {
  migrateRegistry,
  openRegistry,
} from '../../services/shared/storage/registry/open-registry.js';
import { silent } from './api.js';
import type { PostgresUnderTest } from './postgres.js';

/** A registry of its own, with all its tables. The caller ends `database`. */
export async function createRegistry(
  postgres: PostgresUnderTest,
): Promise<{ readonly url: string; readonly database: Database }> {
  const url = await postgres.createDatabase(`registry_${randomUUID().replaceAll('-', '')}`);
  await migrateRegistry(url, silent);
  return { url, database: openRegistry(url, 'test') };
}
