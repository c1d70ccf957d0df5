import { z } from 'zod';

export const notificationsSchema = z.strictObject({
  /** Each channel gets a JSON POST. None: notifications are only logged. */
  channels: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        url: z.url({ protocol: /^https?$/ }),
        audiences: z.array(z.string()).min(1),
      }),
    )
    .default([]),
});

export type NotificationSettings = z.infer<typeof notificationsSchema>;
