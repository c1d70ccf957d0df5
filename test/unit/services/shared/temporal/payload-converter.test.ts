import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test } from '@jest/globals';
import { payloadConverter } from '../../../../../services/shared/temporal/payload-converter.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the payload converter', () => {
  test('writes and reads what the default one does', () => {
    const value = { stepId: 'rollback-1', decision: 'approve' };
    const payload = payloadConverter.toPayload(value);
    expect(payload).toEqual(defaultPayloadConverter.toPayload(value));
    expect(payloadConverter.fromPayload(payload)).toEqual(value);
  });

  test.each([
    ['protobuf JSON, which the Temporal UI offers', 'json/protobuf', '{}'],
    ['an encrypted body', 'binary/encrypted', 'x'],
    ['broken JSON', 'json/plain', '{'],
  ])('turns %s into a value instead of an exception', (_what, encoding, data) => {
    const payload = { metadata: { encoding: bytes(encoding) }, data: bytes(data) };
    expect(payloadConverter.fromPayload(payload)).toEqual({
      __undecodable: expect.any(String),
    });
  });
});
