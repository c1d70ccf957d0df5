import { compiled, packageRoot } from './package-root.js';

/** What stands for a container image on this machine. */
export interface Image {
  /** Program and first arguments, like an image's ENTRYPOINT. */
  readonly program: readonly [string, ...string[]];
  /** Like an image's ENV: what the pod declares overrides it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Like an image's WORKDIR: the folder of the pod when not given. */
  readonly workingDir?: string;
}

/** Image name with tag → local program. A name that is not in it cannot be pulled. */
export type ImageTable = Readonly<Record<string, Image>>;

/** Releases of the services that the local stack can run. */
const releases = ['1.0', '1.1', '1.2'];

/** The images of the local stack: every release of a service is the program built here, told which release it is.
 *  `isolatorKubeconfig` stands for the service account that a pod gets in a cluster.
 *  @throws Error when the product is not built. */
export function localImages(isolatorKubeconfig: string): ImageTable {
  const services = ['inventory-api', 'outbound-api'];
  return {
    ...Object.fromEntries(
      services.flatMap((service) =>
        releases.map((release) => [
          `durable-runbooks/${service}:${release}`,
          imageOf(`services/${service}`, { RELEASE: release }),
        ]),
      ),
    ),
    'durable-runbooks/tenant-isolator:1.0': imageOf('services/tenant-isolator', {
      KUBECONFIG: isolatorKubeconfig,
    }),
    'durable-runbooks/downstream:1.0': imageOf('deploy/local/downstream', { RELEASE: '1.0' }),
  };
}

function imageOf(folder: string, env: Readonly<Record<string, string>>): Image {
  return {
    program: [process.execPath, compiled(`${folder}/main.js`)],
    env,
    workingDir: packageRoot,
  };
}
