import { DiagLogLevel, diag } from '@opentelemetry/api'
import { UserError, messageOf } from '../kernel/errors.ts'
import type { Logger } from '../kernel/log.ts'
import { type Tracing, tracingWith } from './tracing.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const silent = (): void => {}

export interface StartTracing {
  readonly env: Environment
  readonly version: string
  readonly logger: Logger
}

/**
 * Sends spans to the collector that the environment names (`OTEL_EXPORTER_OTLP_…`, read by the exporter
 * itself). Throws a `UserError` where the packages that do it are not installed.
 */
export async function startTracing({ env, version, logger }: StartTracing): Promise<Tracing> {
  const [sdk, { OTLPTraceExporter }, resources] = await loadSdk()
  const warn = (message: string): void => logger.warn({ reason: message.slice(0, 1_000) }, 'Traces could not be sent')
  diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN)
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.resourceFromAttributes({ 'service.name': 'cordboard', 'service.version': version }))
      .merge(
        resources.detectResources({
          detectors: [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector],
        }),
      ),
    // What the client decided for the whole trace holds here too.
    sampler: new sdk.ParentBasedSampler({ root: rootSampler(sdk, env) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  return tracingWith(provider.getTracer('cordboard', version), () =>
    provider.shutdown().catch((error: unknown) => warn(messageOf(error))),
  )
}

function rootSampler(sdk: typeof import('@opentelemetry/sdk-trace'), env: Environment) {
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1)
  return env['OTEL_TRACES_SAMPLER']?.endsWith('traceidratio') && ratio >= 0 && ratio <= 1
    ? new sdk.TraceIdRatioBasedSampler(ratio)
    : new sdk.AlwaysOnSampler()
}

async function loadSdk() {
  try {
    return await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    throw new UserError(
      'OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, and the packages that send them are not installed: run "npm install @opentelemetry/sdk-trace @opentelemetry/exporter-trace-otlp-http @opentelemetry/resources", or unset the variable',
      { cause: error },
    )
  }
}
