/** The metrics of a service at one moment. */
export class ServiceMetrics {
  readonly #samples: readonly Sample[];

  constructor(text: string) {
    this.#samples = text.split('\n').flatMap((line) => {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      return name === undefined ? [] : [{ name, labels, value: Number(value) }];
    });
  }

  /** Scrapes a service. @throws Error when it does not answer with metrics */
  static async scrape(adminUrl: string): Promise<ServiceMetrics> {
    const answer = await fetch(new URL('/metrics', adminUrl));
    if (!answer.ok) throw new Error(`GET /metrics: ${answer.status}`);
    return new ServiceMetrics(await answer.text());
  }

  /** Sum over all samples of the metric that carry all the given labels; undefined when there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
    const found = this.#samples.filter(
      (sample) => sample.name === name && wanted.every((label) => sample.labels.split(',').includes(label)),
    );
    return found.length === 0 ? undefined : found.reduce((sum, sample) => sum + sample.value, 0);
  }

  /** As {@link sum}. @throws Error when there is no such sample: a renamed metric must not read as zero */
  required(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const value = this.sum(name, labels);
    if (value === undefined) throw new Error(`the service has no metric ${name} ${JSON.stringify(labels)}`);
    return value;
  }
}

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
