/** Of what prom-client tells of every Node process, the ones that the dashboard and the alerts use. */
export const NODE_METRICS = {
  process_cpu_seconds_total: 'CPU time, seconds',
  process_resident_memory_bytes: 'memory that the process holds',
  process_start_time_seconds: 'when the process started, Unix seconds',
  nodejs_heap_size_used_bytes: 'heap in use',
  nodejs_heap_size_total_bytes: 'heap reserved',
  nodejs_eventloop_lag_p99_seconds:
    'how late the event loop comes round, 99th percentile since the start',
  nodejs_eventloop_lag_seconds: 'how late the event loop comes round at the scrape',
  nodejs_gc_duration_seconds: 'garbage collections (histogram)',
} as const satisfies Record<string, string>;
