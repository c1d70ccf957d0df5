const firstNumber = 2;
const lastNumber = 254;

/** Made-up addresses 10.244.0.N: EndpointSlices refuse loopback addresses. They are never dialled. */
export class PodIps {
  private readonly used = new Set<string>();
  private next = firstNumber;

  /** Takes the wanted address if it is free, else the one that was not used for the longest time.
   *  @throws Error when all are taken. */
  take(wanted: string | undefined): string {
    if (wanted !== undefined && !this.used.has(wanted)) {
      this.used.add(wanted);
      return wanted;
    }
    for (let tried = firstNumber; tried <= lastNumber; tried += 1) {
      const ip = `10.244.0.${this.next}`;
      this.next = this.next === lastNumber ? firstNumber : this.next + 1;
      if (!this.used.has(ip)) {
        this.used.add(ip);
        return ip;
      }
    }
    throw new Error('could not give pod an address: all of 10.244.0.0/24 are taken');
  }

  release(ip: string): void {
    this.used.delete(ip);
  }
}
