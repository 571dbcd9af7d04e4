import { z } from 'zod';
import { presetSchema } from '#contracts/policy.ts';

/** Partitions of each topic when nobody says. */
export const PARTITIONS_DEFAULT = 8;

/** The names of all variables that a process reads. */
export function environmentNames(): string[] {
  return Object.keys(environmentSchema.shape);
}

/** What a process is told by its environment; the only place that knows the variables' names. */
const environmentSchema = z.object({
  TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233'),
  TEMPORAL_UI_URL: z.url().optional(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  KAFKA_BROKERS: z.string().default('127.0.0.1:9092'),
  DYNAMODB_ENDPOINT: z.url().optional(),
  AWS_REGION: z.string().default('us-east-1'),
  SENTINEL_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,40}$/, 'must be at most 40 characters of A-Z a-z 0-9 _ . -')
    .default(''),
  SENTINEL_PRESET: presetSchema.default('house'),
  SENTINEL_PARTITIONS: z.coerce.number().int().min(1).max(1024).default(PARTITIONS_DEFAULT),
  SENTINEL_API_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  SENTINEL_LISTEN_HOST: z.string().min(1).default('127.0.0.1'),
  SENTINEL_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  SENTINEL_JWT_PUBLIC_KEY_FILE: z.string().optional(),
  SENTINEL_JWT_PRIVATE_KEY_FILE: z.string().optional(),
  SENTINEL_NOTICE_CONFIG: z.string().min(1).optional(),
  SENTINEL_NOTICE_FILE: z.string().min(1).optional(),
  SENTINEL_NOTICE_WEBHOOK_SECRET: z.string().min(16, 'must have at least 16 characters').optional(),
  SENTINEL_NOTICE_SMTP_PASSWORD: z.string().min(1).optional(),
  SENTINEL_COMMAND_PUBLIC_KEY_FILE: z.string().optional(),
  SENTINEL_COMMAND_PRIVATE_KEY_FILE: z.string().optional(),
  SENTINEL_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  SENTINEL_EXIT_WITH_PARENT: z.enum(['0', '1']).default('0'),
});

export interface Environment {
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | undefined;
  readonly temporalNamespace: string;
  readonly kafkaBrokers: readonly string[];
  readonly dynamodbEndpoint: string | undefined;
  readonly awsRegion: string;
  /** Set before every topic, group id, transactional id, task queue and table. */
  readonly topicPrefix: string;
  readonly preset: z.infer<typeof presetSchema>;
  readonly partitions: number;
  readonly apiPort: number;
  /** Where the API and the health server listen; all interfaces in a container only. */
  readonly listenHost: string;
  readonly metricsPort: number | undefined;
  readonly jwtPublicKeyFile: string | undefined;
  readonly jwtPrivateKeyFile: string | undefined;
  /** How customers and people are reached, JSON (contracts/notice-configuration.ts). */
  readonly noticeConfigFile: string | undefined;
  /** Where the channel `file` writes unless the configuration says another place. */
  readonly noticeFile: string | undefined;
  readonly noticeWebhookSecret: string | undefined;
  readonly noticeSmtpPassword: string | undefined;
  /** What workers check human commands with. */
  readonly commandPublicKeyFile: string | undefined;
  /** What the API signs human commands with. */
  readonly commandPrivateKeyFile: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly exitWithParent: boolean;
}

/** A variable has a value that cannot be used; the message names it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/** Reads and checks the environment once. Throws EnvironmentError that names the variable. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new EnvironmentError(
      `${issue?.path.join('.') ?? 'environment'}: ${issue?.message ?? 'is not valid'}`,
    );
  }
  const v = parsed.data;
  return {
    temporalAddress: v.TEMPORAL_ADDRESS,
    temporalUiUrl: v.TEMPORAL_UI_URL,
    temporalNamespace: v.TEMPORAL_NAMESPACE,
    kafkaBrokers: v.KAFKA_BROKERS.split(',').map((broker) => broker.trim()),
    dynamodbEndpoint: v.DYNAMODB_ENDPOINT,
    awsRegion: v.AWS_REGION,
    topicPrefix: v.SENTINEL_TOPIC_PREFIX,
    preset: v.SENTINEL_PRESET,
    partitions: v.SENTINEL_PARTITIONS,
    apiPort: v.SENTINEL_API_PORT,
    listenHost: v.SENTINEL_LISTEN_HOST,
    metricsPort: v.SENTINEL_METRICS_PORT,
    jwtPublicKeyFile: v.SENTINEL_JWT_PUBLIC_KEY_FILE,
    jwtPrivateKeyFile: v.SENTINEL_JWT_PRIVATE_KEY_FILE,
    noticeConfigFile: v.SENTINEL_NOTICE_CONFIG,
    noticeFile: v.SENTINEL_NOTICE_FILE,
    noticeWebhookSecret: v.SENTINEL_NOTICE_WEBHOOK_SECRET,
    noticeSmtpPassword: v.SENTINEL_NOTICE_SMTP_PASSWORD,
    commandPublicKeyFile: v.SENTINEL_COMMAND_PUBLIC_KEY_FILE,
    commandPrivateKeyFile: v.SENTINEL_COMMAND_PRIVATE_KEY_FILE,
    logLevel: v.SENTINEL_LOG_LEVEL,
    exitWithParent: v.SENTINEL_EXIT_WITH_PARENT === '1',
  };
}
