/** The real address of a pod, `host:port`: its IP is made up. Readers outside the local stack honour it too. */
export const addressAnnotation = 'durable-runbooks.io/address';
/** The process that runs the pod on this machine. */
export const pidAnnotation = 'durable-runbooks.io/pid';
